#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/base/task_fwd.h"

namespace boost::asio {
class const_buffer;
}

namespace dfs {

class File;

// An ordered byte stream between two peers: TCP or a Unix socket in production, in memory in a simulation.
//
// Belongs to one executor; at most one read and one write at a time. Every operation ends with kCancelled when its
// coroutine is cancelled, kEof when the peer has closed or reset, after which the stream is only good for close().
class Stream {
 public:
  virtual ~Stream() = default;

  // At least one byte, at most `to.size()`; kEof at the end.
  virtual Task<Result<size_t>> read_some(std::span<uint8_t> to) = 0;
  // What has arrived, without waiting: 0 if nothing has. Not while a read is pending, but then on any thread.
  virtual Result<size_t> read_now(std::span<uint8_t> to) = 0;
  // Waits until read_now() has something to tell.
  virtual Task<Result<void>> wait_readable() = 0;
  // The same, blocking the thread for `at_most`; false if nothing came, or where no thread is to be blocked.
  virtual bool linger_readable(std::chrono::milliseconds) { return false; }
  // All of the buffers (one writev where possible), or an error.
  virtual Task<Result<void>> write(std::span<const boost::asio::const_buffer> buffers) = 0;
  // Sends what can be sent without waiting and says how much that was: 0 where the caller must write(), which also
  // tells an error. Not while a write is pending, but then on any thread. With `kMore` the bytes may be held back until
  // those that follow at once.
  enum class Follows { kNothing, kMore };
  virtual size_t write_now(std::string_view, Follows) { return 0; }
  size_t write_now(std::string_view bytes) { return write_now(bytes, Follows::kNothing); }
  // The same for [offset, offset + length) of `file`, which goes out by sendfile where both have descriptors; blocks
  // for the file. 0 where the stream is full (see wait_writable); kCorruptFormat where the file ends before. Requires:
  // SIGPIPE is ignored.
  virtual Result<size_t> send_file_now(File& file, uint64_t offset, size_t length);
  // Sends what is written and ends our direction; reads go on.
  virtual void shutdown_write() = 0;
  // Ends both directions at once; pending operations return. Never fails, may be called twice. The descriptor is given
  // back at destruction, so that whoever uses it on another thread never meets that of another connection.
  virtual void close() = 0;

  // "127.0.0.1:50010", for logs and messages. `remote_address` is the IP alone.
  virtual const std::string& remote() const = 0;
  virtual const std::string& remote_address() const = 0;
  virtual const std::string& local() const = 0;
  // For descriptor passing; -1 if there is none.
  virtual int descriptor() const = 0;
  // Waits until the stream takes bytes again.
  virtual Task<Result<void>> wait_writable() = 0;

  // Exactly `to.size()` bytes; kEof if the stream ends before.
  Task<Result<void>> read_all(std::span<uint8_t> to);
  Task<Result<void>> write(std::string_view bytes);
};

struct Endpoint {
  std::string host;  // name or address
  uint16_t port = 0;

  // "host:port", "[::1]:port"; `default_port` where none is given. kInvalidArgument with the text otherwise.
  static Result<Endpoint> parse(std::string_view text, uint16_t default_port);
  std::string to_string() const;
  bool operator==(const Endpoint&) const = default;
};

// Resolves and connects, trying each address, within `deadline` in total. TCP_NODELAY and keep-alive are set.
// kUnknownHost, kConnect or kTimeout, with host and port in the message. A name lookup cannot be broken off: it may
// hold the result back until the resolver gives up.
Task<Result<std::unique_ptr<Stream>>> connect_tcp(Endpoint to, std::chrono::nanoseconds deadline);

// A listening TCP socket. Belongs to the executor it was opened on.
class Listener {
 public:
  virtual ~Listener() = default;
  // Port 0 takes any free one. "Problem binding to [host:port] : Address already in use" as kConnect otherwise.
  static Result<std::unique_ptr<Listener>> open(boost::asio::any_io_executor executor, const Endpoint& at);
  // The next connection, to live on `executor` (several loops can share one listener's connections).
  virtual Task<Result<std::unique_ptr<Stream>>> accept(boost::asio::any_io_executor executor) = 0;
  virtual uint16_t port() const = 0;
  virtual void close() = 0;
};

}  // namespace dfs
