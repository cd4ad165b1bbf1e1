#include <fmt/format.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "proto/base/task.h"
#include "proto/io/disk.h"
#include "proto/io/stream.h"

namespace dfs {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 1024;

Error file_ended(uint64_t offset) {
  return Error(ErrorCode::kCorruptFormat, fmt::format("the file ends before its byte {}", offset));
}

using Piece = std::array<uint8_t, 64u << 10>;
// At least one byte.
Result<ByteView> piece_of(File& file, uint64_t offset, size_t length, Piece& memory) {
  DFS_TRY(size_t count, file.pread(std::span(memory).first(std::min(length, memory.size())), offset));
  if (count == 0) return fail(file_ended(offset));
  return ByteView(memory).first(count);
}

Error error_of(const error_code& error, std::string_view what) {
  if (error == asio::error::operation_aborted) return Error(ErrorCode::kCancelled, fmt::format("{}: cancelled", what));
  if (error == asio::error::eof) return Error(ErrorCode::kEof, fmt::format("{}: closed by the peer", what));
  // After close() in another coroutine.
  if (error == asio::error::bad_descriptor || error == asio::error::not_connected) {
    return Error(ErrorCode::kEof, fmt::format("{}: the connection is closed", what));
  }
  return Error::from_errno(error.value(), what);
}

std::string text_of(const tcp::endpoint& endpoint) {
  return Endpoint{endpoint.address().to_string(), endpoint.port()}.to_string();
}

// An IPv4 client of a dual-stack listener is that IPv4 address to everybody who reads or compares it.
tcp::endpoint unmapped(const tcp::endpoint& endpoint) {
  if (!endpoint.address().is_v6() || !endpoint.address().to_v6().is_v4_mapped()) return endpoint;
  return {asio::ip::make_address_v4(asio::ip::v4_mapped, endpoint.address().to_v6()), endpoint.port()};
}

// What asio asks of a buffer sequence, which std::span is not before C++23.
struct BufferRange {
  using value_type = asio::const_buffer;
  using const_iterator = const asio::const_buffer*;
  const_iterator begin() const { return buffers.data(); }
  const_iterator end() const { return buffers.data() + buffers.size(); }
  std::span<const asio::const_buffer> buffers;
};

class TcpStream final : public Stream {
 public:
  explicit TcpStream(tcp::socket socket) : socket_(std::move(socket)) {
    // Any of these fails only where the peer has gone already, which the first read or write will tell.
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    socket_.native_non_blocking(true, ignored);
    tcp::endpoint remote = unmapped(socket_.remote_endpoint(ignored));
    remote_ = text_of(remote);
    remote_address_ = remote.address().to_string();
    local_ = text_of(unmapped(socket_.local_endpoint(ignored)));
  }

  using Stream::write;
  using Stream::write_now;

  Task<Result<size_t>> read_some(std::span<uint8_t> to) override {
    if (closed_) co_return fail(closed_error("read from"));
    auto [error, length] = co_await socket_.async_read_some(asio::buffer(to.data(), to.size()), kAwait);
    if (error) co_return fail(error_of(error, "read from " + remote_));
    co_return length;
  }

  Result<size_t> read_now(std::span<uint8_t> to) override {
    if (closed_) return fail(closed_error("read from"));
    const ssize_t count = ::recv(socket_.native_handle(), to.data(), to.size(), MSG_DONTWAIT);
    if (count > 0) return size_t(count);
    if (count == 0) return fail(error_of(asio::error::eof, "read from " + remote_));
    if (errno == EAGAIN || errno == EINTR) return 0;
    return fail(error_of(error_code(errno, boost::system::system_category()), "read from " + remote_));
  }

  Task<Result<void>> wait_readable() override {
    if (closed_) co_return fail(closed_error("read from"));
    auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAwait);
    if (error) co_return fail(error_of(error, "read from " + remote_));
    co_return Result<void>{};
  }

  bool linger_readable(std::chrono::milliseconds at_most) override {
    pollfd wanted{.fd = socket_.native_handle(), .events = POLLIN, .revents = 0};
    return ::poll(&wanted, 1, int(at_most.count())) > 0;
  }

  Task<Result<void>> write(std::span<const asio::const_buffer> buffers) override {
    if (closed_) co_return fail(closed_error("write to"));
    auto [error, length] = co_await asio::async_write(socket_, BufferRange{buffers}, kAwait);
    if (error) co_return fail(error_of(error, "write to " + remote_));
    co_return Result<void>{};
  }

  size_t write_now(std::string_view bytes, Follows follows) override {
    // Not socket_.send(), which would poll until the socket can be written.
    ssize_t length = send(bytes, follows == Follows::kMore ? MSG_MORE : 0);
    return length < 0 ? 0 : size_t(length);
  }

  Result<size_t> send_file_now(File& file, uint64_t offset, size_t length) override {
    ssize_t sent = 0;
    if (file.descriptor() >= 0) {
      off_t from = off_t(offset);
      sent = ::sendfile(socket_.native_handle(), file.descriptor(), &from, length);
      if (sent == 0) return fail(file_ended(offset));
    } else {
      Piece memory;
      DFS_TRY(ByteView piece, piece_of(file, offset, length, memory));
      sent = send(as_text(piece), 0);
    }
    if (sent >= 0) return size_t(sent);
    if (errno == EAGAIN || errno == EINTR) return 0;
    return fail(error_of(error_code(errno, boost::system::system_category()), "write to " + remote_));
  }

  void shutdown_write() override {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close() override {
    closed_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
  }

  const std::string& remote() const override { return remote_; }
  const std::string& remote_address() const override { return remote_address_; }
  const std::string& local() const override { return local_; }
  int descriptor() const override { return closed_ ? -1 : const_cast<tcp::socket&>(socket_).native_handle(); }

  Task<Result<void>> wait_writable() override {
    if (closed_) co_return fail(closed_error("write to"));
    auto [error] = co_await socket_.async_wait(tcp::socket::wait_write, kAwait);
    if (error) co_return fail(error_of(error, "write to " + remote_));
    co_return Result<void>{};
  }

 private:
  Error closed_error(std::string_view what) const {
    return Error(ErrorCode::kEof, fmt::format("{} {}: the connection is closed", what, remote_));
  }
  ssize_t send(std::string_view bytes, int flags) {
    return ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL | flags);
  }

  tcp::socket socket_;
  std::string remote_, remote_address_, local_;
  std::atomic<bool> closed_ = false;
};

// IPv4 first, as Hadoop's daemons prefer it: "localhost" is 127.0.0.1 to both ends.
std::vector<tcp::endpoint> ordered(const tcp::resolver::results_type& results) {
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : results) {
    if (entry.endpoint().address().is_v4()) endpoints.push_back(entry.endpoint());
  }
  for (const auto& entry : results) {
    if (!entry.endpoint().address().is_v4()) endpoints.push_back(entry.endpoint());
  }
  return endpoints;
}

Task<Result<std::unique_ptr<Stream>>> connect(Endpoint to) {
  auto executor = co_await asio::this_coro::executor;
  std::string what = "connect to " + to.to_string();
  std::vector<tcp::endpoint> endpoints;
  error_code error;
  if (auto address = asio::ip::make_address(to.host, error); !error) {
    endpoints.emplace_back(address, to.port);
  } else {
    tcp::resolver resolver(executor);
    auto [resolve_error, results] =
        co_await resolver.async_resolve(to.host, std::to_string(to.port), tcp::resolver::numeric_service, kAwait);
    if (resolve_error == asio::error::operation_aborted || co_await cancelled()) {
      co_return fail(ErrorCode::kCancelled, what + ": cancelled");
    }
    if (resolve_error) co_return fail(ErrorCode::kUnknownHost, fmt::format("{}: {}", what, resolve_error.message()));
    endpoints = ordered(results);
  }
  Error last(ErrorCode::kUnknownHost, what + ": the name has no address");
  for (const tcp::endpoint& endpoint : endpoints) {
    tcp::socket socket(executor);
    auto [connect_error] = co_await socket.async_connect(endpoint, kAwait);
    if (connect_error) {
      if (connect_error == asio::error::operation_aborted) co_return fail(error_of(connect_error, what));
      last = connect_error == asio::error::timed_out
                 ? Error::from_errno(ETIMEDOUT, what)
                 : Error(ErrorCode::kConnect, what + ": " + connect_error.message());
      continue;
    }
    // A free port of this machine, dialled from itself, is TCP's simultaneous open: nobody listens there.
    if (socket.local_endpoint(error) == socket.remote_endpoint(error)) {
      last = Error(ErrorCode::kConnect, what + ": Connection refused");
      continue;
    }
    co_return std::make_unique<TcpStream>(std::move(socket));
  }
  co_return fail(std::move(last));
}

class TcpListener final : public Listener {
 public:
  explicit TcpListener(tcp::acceptor acceptor, uint16_t port) : acceptor_(std::move(acceptor)), port_(port) {}

  Task<Result<std::unique_ptr<Stream>>> accept(asio::any_io_executor executor) override {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(executor, kAwait);
      if (!error) co_return std::make_unique<TcpStream>(std::move(socket));
      if (error != asio::error::connection_aborted) co_return fail(error_of(error, fmt::format("accept on {}", port_)));
    }
  }
  uint16_t port() const override { return port_; }
  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  tcp::acceptor acceptor_;
  uint16_t port_;
};

}  // namespace

Task<Result<void>> Stream::read_all(std::span<uint8_t> to) {
  while (!to.empty()) {
    DFS_CO_TRY(size_t length, co_await read_some(to));
    to = to.subspan(length);
  }
  co_return Result<void>{};
}

Result<size_t> Stream::send_file_now(File& file, uint64_t offset, size_t length) {
  Piece memory;
  DFS_TRY(ByteView piece, piece_of(file, offset, length, memory));
  return write_now(as_text(piece));
}

Task<Result<void>> Stream::write(std::string_view bytes) {
  asio::const_buffer buffer(bytes.data(), bytes.size());
  co_return co_await write(std::span<const asio::const_buffer>(&buffer, 1));
}

Task<Result<std::unique_ptr<Stream>>> connect_tcp(Endpoint to, std::chrono::nanoseconds deadline) {
  std::string what = "connect to " + to.to_string();
  co_return co_await with_deadline(deadline, what, connect(std::move(to)));
}

Result<std::unique_ptr<Listener>> Listener::open(asio::any_io_executor executor, const Endpoint& at) {
  auto problem = [&](const error_code& error) {
    return fail(ErrorCode::kConnect, fmt::format("Problem binding to [{}] : {}", at.to_string(), error.message()));
  };
  error_code error;
  tcp::resolver resolver(executor);
  auto results = resolver.resolve(at.host, std::to_string(at.port),
                                  tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) {
    return fail(ErrorCode::kUnknownHost, fmt::format("Problem binding to [{}] : {}", at.to_string(), error.message()));
  }
  tcp::endpoint endpoint = ordered(results).front();
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (error) return problem(error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (error) return problem(error);
  acceptor.bind(endpoint, error);
  if (error) return problem(error);
  acceptor.listen(kBacklog, error);
  if (error) return problem(error);
  uint16_t port = acceptor.local_endpoint(error).port();
  if (error) return problem(error);
  return std::make_unique<TcpListener>(std::move(acceptor), port);
}

}  // namespace dfs
