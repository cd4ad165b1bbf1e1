#include "proto/http/connection.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <utility>

#include "proto/base/log.h"

namespace dfs::http {
namespace {

namespace beast = boost::beast;
namespace bh = boost::beast::http;

Error transport_error(const boost::system::error_code& error) {
  if (error == beast::error::timeout) return {ErrorCode::kTimeout, "the HTTP client stalled"};
  if (error == asio::error::operation_aborted) return {ErrorCode::kCancelled, "cancelled"};
  return {ErrorCode::kEof, "the HTTP connection ended: " + error.message()};
}

using Parser = bh::request_parser<bh::buffer_body>;

// How long, and for how many bytes, a client may go on sending what nobody reads after its response: closing with
// unread input would reset the connection under the response.
constexpr std::chrono::seconds kFarewellDeadline{2};
constexpr size_t kFarewellBytesMax = 4 << 20;

// Header values may come from paths: what would end the line early, or be refused by Beast with an exception, must not
// get there.
Result<void> check(const Fields& headers) {
  constexpr size_t kValueBytesMax = 32 << 10;
  for (const auto& [name, value] : headers) {
    if (name.size() + value.size() > kValueBytesMax ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) {
      return fail(ErrorCode::kIllegalState, "the header " + name + " is too long or holds a line end");
    }
  }
  return {};
}

class Body final : public RequestBody {
 public:
  Body(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser, std::chrono::milliseconds deadline)
      : stream_(stream), buffer_(buffer), parser_(parser), deadline_(deadline) {
    expects_continue_ = beast::iequals(parser.get()[bh::field::expect], "100-continue");
  }

  Task<Result<size_t>> read_some(std::span<uint8_t> to) override {
    if (parser_.is_done() || to.empty()) co_return 0;
    // A second read after the end would not return: the reactor waits for an edge that has passed.
    if (failed_) co_return fail(ErrorCode::kEof, "the HTTP connection ended");
    if (std::exchange(expects_continue_, false)) {
      bh::response<bh::empty_body> go_on(bh::status::continue_, 11);
      stream_.expires_after(deadline_);
      auto [error, sent] = co_await bh::async_write(stream_, go_on, kAwait);
      if (error) {
        failed_ = true;
        co_return fail(transport_error(error));
      }
    }
    auto& body = parser_.get().body();
    while (!parser_.is_done()) {
      body.data = to.data();
      body.size = to.size();
      body.more = true;
      stream_.expires_after(deadline_);
      auto [error, read] = co_await bh::async_read_some(stream_, buffer_, parser_, kAwait);
      size_t got = to.size() - body.size;
      if (error && error != bh::error::need_buffer) {
        failed_ = true;
        co_return fail(transport_error(error));
      }
      if (got > 0) co_return got;
    }
    co_return 0;
  }

  // Nothing more can be read from the connection.
  bool failed() const { return failed_; }

  // Takes what is left of a small body, so that the next request can be read. False: close instead.
  Task<bool> drain() {
    if (expects_continue_) co_return parser_.is_done();
    std::array<uint8_t, 8192> scratch;
    for (int i = 0; i < 32; ++i) {
      Result<size_t> read = co_await read_some(scratch);
      if (!read) co_return false;
      if (*read == 0) co_return true;
    }
    co_return false;
  }

 private:
  beast::tcp_stream& stream_;
  beast::flat_buffer& buffer_;
  Parser& parser_;
  std::chrono::milliseconds deadline_;
  bool expects_continue_;
  bool failed_ = false;
};

class Writer final : public ResponseWriter {
 public:
  Writer(beast::tcp_stream& stream, const Parser& parser, std::chrono::milliseconds deadline)
      : stream_(stream),
        deadline_(deadline),
        keep_alive_(parser.get().keep_alive()),
        without_body_(parser.get().method() == bh::verb::head),
        version_(parser.get().version()) {}

  Task<Result<void>> send(Response response) override {
    started_ = true;
    if (Result<void> checked = check(response.headers); !checked) {
      Response refused;
      refused.status = 500;
      refused.body = checked.error().message() + "\n";
      response = std::move(refused);
      keep_alive_ = false;
    }
    bh::response<bh::string_body> message(bh::int_to_status(response.status), version_);
    for (auto& [name, value] : response.headers) message.insert(name, value);
    message.keep_alive(keep_alive_);
    message.body() = std::move(response.body);
    message.prepare_payload();
    stream_.expires_after(deadline_);
    if (without_body_) {
      bh::response_serializer<bh::string_body> serializer(message);
      auto [error, sent] = co_await bh::async_write_header(stream_, serializer, kAwait);
      co_return outcome(error, true);
    }
    auto [error, sent] = co_await bh::async_write(stream_, message, kAwait);
    co_return outcome(error, true);
  }

  Task<Result<void>> begin(unsigned status, Fields headers, std::optional<uint64_t> length_bytes) override {
    DFS_CO_TRY_OK(check(headers));
    started_ = true;
    message_.emplace(bh::int_to_status(status), version_);
    for (auto& [name, value] : headers) message_->insert(name, value);
    if (length_bytes) {
      left_ = length_bytes;
      message_->content_length(*length_bytes);
    } else if (version_ >= 11) {
      message_->chunked(true);
    } else {
      keep_alive_ = false;
    }
    message_->keep_alive(keep_alive_);
    message_->body().data = nullptr;
    message_->body().more = true;
    serializer_.emplace(*message_);
    stream_.expires_after(deadline_);
    auto [error, sent] = co_await bh::async_write_header(stream_, *serializer_, kAwait);
    co_return outcome(error, false);
  }

  Task<Result<void>> write(ByteView bytes) override {
    if (bytes.empty() || without_body_) co_return Result<void>{};
    if (left_) {
      if (*left_ < bytes.size()) co_return fail(ErrorCode::kIllegalState, "the body is longer than was announced");
      *left_ -= bytes.size();
    }
    co_return co_await put(const_cast<uint8_t*>(bytes.data()), bytes.size(), true);
  }

  Task<Result<void>> finish() override {
    if (without_body_) {
      finished_ = true;
      co_return Result<void>{};
    }
    if (left_ && *left_ > 0) co_return fail(ErrorCode::kIllegalState, "the body is shorter than was announced");
    Result<void> ended = co_await put(nullptr, 0, false);
    finished_ = ended.has_value();
    co_return ended;
  }

  bool started() const { return started_; }
  bool can_go_on() const { return finished_ && keep_alive_; }

 private:
  Task<Result<void>> put(void* bytes, size_t size, bool more) {
    message_->body().data = bytes;
    message_->body().size = size;
    message_->body().more = more;
    stream_.expires_after(deadline_);
    auto [error, sent] = co_await bh::async_write(stream_, *serializer_, kAwait);
    if (error == bh::error::need_buffer) co_return Result<void>{};
    co_return outcome(error, false);
  }

  Result<void> outcome(const boost::system::error_code& error, bool whole) {
    if (error) return fail(transport_error(error));
    if (whole) finished_ = true;
    return {};
  }

  beast::tcp_stream& stream_;
  std::chrono::milliseconds deadline_;
  bool keep_alive_;
  bool without_body_;
  unsigned version_;
  bool started_ = false;
  bool finished_ = false;
  std::optional<uint64_t> left_;
  std::optional<bh::response<bh::buffer_body>> message_;
  std::optional<bh::response_serializer<bh::buffer_body>> serializer_;
};

Response refusal(const boost::system::error_code& error) {
  Response response;
  response.status = error == bh::error::header_limit ? 431 : error == bh::error::body_limit ? 413 : 400;
  response.headers.add("Content-Type", "text/plain");
  response.body = "Bad request: " + error.message() + "\n";
  return response;
}

bool is_syntax_error(const boost::system::error_code& error) {
  return error.category() == make_error_code(bh::error::bad_method).category() && error != bh::error::end_of_stream &&
         error != bh::error::partial_message;
}

enum class Next {
  kRequest,
  kFarewell,  // the client may still be sending
  kEnd,
};

Task<Next> serve_request(beast::tcp_stream& stream, beast::flat_buffer& buffer, const std::string& client_address,
                         const Server::Settings& settings, Handler& handler) {
  Parser parser;
  parser.header_limit(settings.header_bytes_max);
  parser.body_limit(boost::none);
  if (buffer.size() == 0) {
    stream.expires_after(settings.idle_deadline);
    auto [error, size] = co_await stream.async_read_some(buffer.prepare(4096), kAwait);
    if (error) co_return Next::kEnd;
    buffer.commit(size);
  }
  stream.expires_after(settings.header_deadline);
  auto [error, size] = co_await bh::async_read_header(stream, buffer, parser, kAwait);
  Writer writer(stream, parser, settings.idle_deadline);
  if (error) {
    if (!is_syntax_error(error)) co_return Next::kEnd;
    (void)co_await writer.send(refusal(error));
    co_return Next::kFarewell;
  }
  Request request;
  request.method = parser.get().method_string();
  request.client_address = client_address;
  request.has_body = !parser.is_done();
  for (const auto& field : parser.get()) request.headers.add(field.name_string(), field.value());
  if (Result<void> parsed = parse_target(parser.get().target(), request); !parsed) {
    Response response;
    response.status = 400;
    response.headers.add("Content-Type", "text/plain");
    response.body = parsed.error().message() + "\n";
    (void)co_await writer.send(std::move(response));
    co_return Next::kFarewell;
  }
  Body body(stream, buffer, parser, settings.idle_deadline);
  co_await handler.handle(request, body, writer);
  if (!writer.started()) {
    Response response;
    response.status = 500;
    (void)co_await writer.send(std::move(response));
  }
  if (writer.can_go_on() && co_await body.drain()) co_return Next::kRequest;
  co_return body.failed() ? Next::kEnd : Next::kFarewell;
}

}  // namespace

Task<void> serve_connection(asio::ip::tcp::socket socket, const Server::Settings& settings, Handler& handler) {
  boost::system::error_code ignored;
  std::string client_address = socket.remote_endpoint(ignored).address().to_string();
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer(settings.header_bytes_max + 4096);
  Next next = Next::kRequest;
  while (next == Next::kRequest && !co_await cancelled()) {
    next = co_await serve_request(stream, buffer, client_address, settings, handler);
  }
  if (next != Next::kFarewell) co_return;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  std::vector<uint8_t> scratch(16 << 10);
  stream.expires_after(kFarewellDeadline);
  for (size_t read = 0; read < kFarewellBytesMax && !co_await cancelled();) {
    auto [error, length] = co_await stream.async_read_some(asio::buffer(scratch), kAwait);
    if (error) break;
    read += length;
  }
}

}  // namespace dfs::http
