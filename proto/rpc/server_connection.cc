#include "proto/rpc/server_connection.h"

#include "proto/base/clock.h"
#include "proto/base/log.h"

namespace dfs::rpc {
namespace {

// After a fatal answer, for the peer to read it: closing with unread input would reset the connection under it.
constexpr std::chrono::seconds kFarewellDeadline{2};
constexpr size_t kKeptReplyBytesMax = 256 << 10;

void release(std::string& bytes) {
  bytes.clear();
  if (bytes.capacity() > kKeptReplyBytesMax) std::string().swap(bytes);
}

}  // namespace

ServerConnection::ServerConnection(const Environment& environment, std::unique_ptr<Stream> stream, TimePoint now)
    : environment_(environment),
      stream_(std::move(stream)),
      session_(environment.protocols, environment.proxy_users, environment.activity, stream_->remote_address()),
      change_(environment.executor, asio::steady_timer::time_point::max()),
      now_(now),
      accepted_(now),
      last_read_(now),
      frame_begun_(now),
      write_begun_(now) {}

ServerConnection::~ServerConnection() {
  if (counted_) environment_.activity.closed(session_.user());
}

Task<void> ServerConnection::serve() {
  auto self = shared_from_this();
  for (;;) {
    Progress progress = process();
    send();
    if (broken_ || progress == Progress::kDrop || co_await cancelled()) break;
    if (progress == Progress::kFarewell) {
      co_await farewell();
      break;
    }
    if (progress == Progress::kFull) {
      while (full() && !broken_ && !co_await cancelled()) co_await wait_for_change();
      continue;
    }
    if (in_.unread().empty()) frame_begun_ = TimePoint::max();
    Result<size_t> length = co_await stream_->read_some(in_.space());
    if (!length) break;
    last_read_ = now_;
    if (frame_begun_ == TimePoint::max()) frame_begun_ = now_;
    in_.filled(*length);
    environment_.activity.received_bytes.add(*length);
    session_.arrived(Clock::system().now());
  }
  broken_ = true;
  stream_->close();
}

ServerConnection::Progress ServerConnection::process() {
  processing_ = true;
  Progress progress = Progress::kNeedMore;
  for (;;) {
    ByteView unread = in_.unread();
    if (!session_.greeted()) {
      if (unread.size() < kPreambleBytes) break;
      Session::Step step = session_.preamble(unread.first(kPreambleBytes), out_);
      in_.consume(kPreambleBytes);
      if (step.close) {
        log::warn("{}: no Hadoop RPC of version {} on {}", stream_->remote(), kVersion, stream_->local());
        progress = Progress::kFarewell;
        break;
      }
      continue;
    }
    if (unread.size() < kLengthBytes) break;
    uint32_t length = load_big_endian<uint32_t>(unread.data());
    const Server::Settings& settings = environment_.settings;
    uint32_t length_max = session_.established() ? settings.frame_bytes_max : settings.frame_bytes_max_before_context;
    // As stock, without an answer: the lengths of further frames cannot be trusted.
    if (length > length_max) {
      log::warn("{}: a frame of {} bytes is longer than {}; closing", stream_->remote(), int32_t(length), length_max);
      progress = Progress::kDrop;
      break;
    }
    if (unread.size() - kLengthBytes < length) break;
    if (full()) {
      progress = Progress::kFull;
      break;
    }
    Session::Step step = session_.frame(unread.subspan(kLengthBytes, length), out_);
    in_.consume(kLengthBytes + length);
    frame_begun_ = now_;
    if (!counted_ && session_.established()) {
      counted_ = true;
      environment_.activity.opened(session_.user());
    }
    if (step.pending) start(*std::move(step.pending), length);
    if (step.close) {
      progress = Progress::kFarewell;
      break;
    }
  }
  processing_ = false;
  return progress;
}

bool ServerConnection::full() const {
  const Server::Settings& settings = environment_.settings;
  return calls_in_flight_ >= settings.calls_in_flight_per_connection_max ||
         bytes_in_flight_ > settings.bytes_in_flight_per_connection_max ||
         out_.size() + sending_.size() > settings.outgoing_bytes_max;
}

void ServerConnection::start(PendingCall pending, size_t bytes) {
  ++calls_in_flight_;
  environment_.activity.waiting_begun.add();
  bytes_in_flight_ += bytes;
  if (auto* task = std::get_if<Task<Result<std::string>>>(&pending.reply)) {
    environment_.tasks.spawn(run(std::move(pending.call), std::move(*task), bytes));
    return;
  }
  environment_.calls.begin();
  dfs::start(std::get<Later<Result<std::string>>>(std::move(pending.reply)), environment_.resumptions,
             [self = shared_from_this(), call = std::move(pending.call), bytes](const Result<std::string>& response) {
               self->finish(call, response, bytes);
               self->environment_.calls.end();
             });
}

Task<void> ServerConnection::run(BegunCall call, Task<Result<std::string>> task, size_t bytes) {
  auto self = shared_from_this();
  finish(call, co_await std::move(task), bytes);
}

void ServerConnection::finish(const BegunCall& call, const Result<std::string>& response, size_t bytes) {
  environment_.activity.waiting_ended.add();
  environment_.activity.answered(call.rate, response, Clock::system().now() - call.begun);
  --calls_in_flight_;
  bytes_in_flight_ -= bytes;
  last_read_ = now_;
  changed();
  if (broken_ || leaving_) return;
  append_response(out_, call.header(), response);
  if (!processing_ && !gathering_ && !writing_) gather();
}

// Calls that were released together resume one after the other: lets each add its answer to one write.
void ServerConnection::gather() {
  gathering_ = true;
  environment_.calls.begin();
  asio::post(environment_.executor, [self = shared_from_this()] {
    self->gathering_ = false;
    self->send();
    self->environment_.calls.end();
  });
}

void ServerConnection::send() {
  if (writing_ || broken_ || out_.empty()) return;
  size_t sent = stream_->write_now(out_);
  environment_.activity.sent_bytes.add(sent);
  if (sent == out_.size()) {
    release(out_);
    return;
  }
  out_.erase(0, sent);
  writing_ = true;
  environment_.tasks.spawn(drain());
}

Task<void> ServerConnection::drain() {
  auto self = shared_from_this();
  while (!out_.empty() && !broken_) {
    sending_.swap(out_);
    write_begun_ = now_;
    environment_.activity.sent_bytes.add(sending_.size());
    Result<void> written = co_await stream_->write(sending_);
    release(sending_);
    if (!written) {
      broken_ = true;
      stream_->close();
    }
    changed();
  }
  writing_ = false;
  changed();
}

Task<void> ServerConnection::farewell() {
  leaving_ = true;
  last_read_ = now_;
  while (writing_ && !broken_ && !co_await cancelled()) co_await wait_for_change();
  stream_->shutdown_write();
  while (!co_await cancelled()) {
    in_.consume(in_.unread().size());
    Result<size_t> length = co_await stream_->read_some(in_.space());
    if (!length) co_return;
  }
}

Task<void> ServerConnection::wait_for_change() {
  co_await change_.async_wait(kAwait);
}

void ServerConnection::changed() {
  change_.cancel();
}

void ServerConnection::tick(TimePoint now, std::chrono::nanoseconds idle) {
  now_ = now;
  const Server::Settings& settings = environment_.settings;
  const char* reason = nullptr;
  if (leaving_) {
    if (now - last_read_ > kFarewellDeadline) reason = "did not leave";
  } else if (!session_.established()) {
    if (now - accepted_ > settings.handshake_deadline) reason = "sent no connection context";
  } else if (writing_) {
    if (now - write_begun_ > settings.write_deadline) reason = "does not read its answers";
  } else if (calls_in_flight_ == 0 && !in_.unread().empty()) {
    if (now - frame_begun_ > settings.frame_deadline) reason = "sends too slowly";
  } else if (calls_in_flight_ == 0) {
    if (now - last_read_ > idle) reason = "is idle";
  }
  if (reason == nullptr || broken_) return;
  log::debug("{}: {}; closing", stream_->remote(), reason);
  broken_ = true;
  stream_->close();
  changed();
}

}  // namespace dfs::rpc
