#include "datanode/web/webhdfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "datanode/web/user_file_systems.h"
#include "dfs/filesystem.h"
#include "proto/base/log.h"
#include "proto/base/task.h"
#include "proto/webhdfs/request.h"

namespace dfs::datanode {
namespace {

using http::Request;
using http::RequestBody;
using http::Response;
using http::ResponseWriter;

constexpr size_t kPieceBytes = 256u << 10;
constexpr uint16_t kFilePermission = 0644;
constexpr int64_t kLongMax = std::numeric_limits<int64_t>::max();

// What Hadoop would have thrown, for the client; an error of the client library keeps its Java class.
Error as_error(const fs::Error& error) {
  return Error::from_java(error.java_class(), error.message());
}

template <class T>
Result<T> from_client(fs::Result<T> result) {
  if (!result) return fail(as_error(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(result);
  }
}

// What one request holds of libdfs. Letting go of the last handle waits, so it is destroyed on our threads.
struct Held {
  fs::FileSystem file_system;
  std::optional<fs::InputFile> input;
  std::optional<fs::OutputFile> output;
};

struct Range {
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

Result<Range> range_of(const webhdfs::Parameters& parameters) {
  DFS_TRY(auto offset, parameters.integer("offset", 0, kLongMax));
  DFS_TRY(auto length, parameters.integer("length", 0, kLongMax));
  Range range;
  range.offset = uint64_t(offset.value_or(0));
  if (length) range.length = uint64_t(*length);
  return range;
}

Result<fs::CreateOptions> create_options(const webhdfs::Parameters& parameters) {
  fs::CreateOptions options;
  DFS_TRY(options.overwrite, parameters.boolean("overwrite", false));
  DFS_TRY(options.create_parents, parameters.boolean("createparent", true));
  DFS_TRY(auto permission, parameters.permission("permission"));
  DFS_TRY(auto replication, parameters.integer("replication", 1, std::numeric_limits<int16_t>::max()));
  DFS_TRY(auto block_size, parameters.integer("blocksize", 1, kLongMax));
  options.permission = permission.value_or(kFilePermission);
  if (replication) options.replication = uint16_t(*replication);
  if (block_size) options.block_size = uint64_t(*block_size);
  std::string flags = parameters.text("createflag").value_or(std::string());
  std::ranges::transform(flags, flags.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (flags.contains("overwrite")) options.overwrite = true;
  return options;
}

}  // namespace

struct WebHdfs::Parts {
  explicit Parts(Settings given)
      : settings(std::move(given)),
        users(settings.namenode_uri, settings.connect, settings.users_max),
        threads(settings.threads) {}

  Settings settings;
  UserFileSystems users;
  asio::thread_pool threads;
  std::atomic<size_t> transfers = 0;

  // Runs what waits on one of our threads; its result need not be default constructible, as asio's must.
  template <class F>
  Task<std::invoke_result_t<F&>> off_network(F work) {
    using Answer = std::invoke_result_t<F&>;
    if constexpr (std::is_void_v<Answer>) {
      co_await run_on(threads.get_executor(), std::move(work));
    } else {
      std::optional<Answer> answer;
      co_await run_on(threads.get_executor(), [&] { answer.emplace(work()); });
      co_return *std::move(answer);
    }
  }

  Task<Result<void>> serve(const Request& request, std::string path, RequestBody& body, ResponseWriter& writer);
  Task<Result<void>> open(Held& held, std::string path, Range range, ResponseWriter& writer);
  Task<Result<void>> send(fs::InputFile& file, uint64_t length, ResponseWriter& writer);
  Task<Result<void>> create(Held& held, std::string path, fs::CreateOptions options, RequestBody& body,
                            ResponseWriter& writer);
  Task<Result<void>> append(Held& held, std::string path, RequestBody& body, ResponseWriter& writer);

  enum class Upload : uint8_t { kComplete, kClientFailed, kClusterFailed };
  struct Uploaded {
    Upload outcome = Upload::kComplete;
    Result<void> result;
  };
  Task<Uploaded> receive(fs::OutputFile& file, RequestBody& body);
};

WebHdfs::WebHdfs(Settings settings) : parts_(std::make_unique<Parts>(std::move(settings))) {}
WebHdfs::~WebHdfs() {
  parts_->threads.join();
}

Task<void> WebHdfs::handle(const Request& request, RequestBody& body, ResponseWriter& writer) {
  auto path = webhdfs::path_of(request.path);
  if (path && !*path) {
    Response nothing;
    nothing.status = request.path == "/" ? 200 : 404;
    nothing.headers.add("Content-Type", "text/plain;charset=utf-8");
    nothing.body = request.path == "/" ? "Tusk DataNode\n" : "Not found\n";
    (void)co_await writer.send(std::move(nothing));
    co_return;
  }
  Result<void> served = path ? Result<void>() : fail(path.error());
  if (served) {
    if (parts_->transfers.fetch_add(1) < parts_->settings.transfers_max) {
      served = co_await parts_->serve(request, **std::move(path), body, writer);
    } else {
      served = fail(ErrorCode::kRetriable, "too many WebHDFS transfers at once, try again");
    }
    parts_->transfers.fetch_sub(1);
  }
  // An error after the answer has begun cannot be told: the server then closes the connection.
  if (!served) (void)co_await writer.send(webhdfs::remote_exception(served.error()));
}

// An error is returned only where nothing has been answered yet.
Task<Result<void>> WebHdfs::Parts::serve(const Request& request, std::string path, RequestBody& body,
                                         ResponseWriter& writer) {
  webhdfs::Parameters parameters(request.query);
  DFS_CO_TRY(security::Identity user, parameters.identity());
  std::string call = request.method + " " + parameters.operation();
  bool is_open = call == "GET OPEN", is_create = call == "PUT CREATE", is_append = call == "POST APPEND";
  if (!is_open && !is_create && !is_append) {
    co_return fail(webhdfs::invalid_parameter(
        "op", fmt::format("{} is not a valid {} operation.", parameters.operation(), request.method)));
  }
  if (!webhdfs::is_valid_path(path)) co_return fail(ErrorCode::kInvalidPathName, "Invalid path name " + path);
  DFS_CO_TRY(Range range, range_of(parameters));
  DFS_CO_TRY(fs::CreateOptions options, create_options(parameters));
  DFS_CO_TRY(fs::FileSystem file_system, from_client(co_await off_network([this, user] { return users.of(user); })));
  auto held = std::make_unique<Held>(Held{std::move(file_system), std::nullopt, std::nullopt});
  Result<void> served;
  if (is_open) served = co_await open(*held, std::move(path), range, writer);
  if (is_append) served = co_await append(*held, std::move(path), body, writer);
  if (is_create) served = co_await create(*held, std::move(path), options, body, writer);
  co_await off_network([&] { held.reset(); });
  co_return served;
}

Task<Result<void>> WebHdfs::Parts::open(Held& held, std::string path, Range range, ResponseWriter& writer) {
  auto opened = co_await off_network([&] { return held.file_system.open(path); });
  if (!opened) co_return fail(as_error(opened.error()));
  fs::InputFile& file = held.input.emplace(*std::move(opened));
  uint64_t length = file.length();
  if (range.offset > length || (range.offset == length && length > 0)) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("Offset={} out of the range [0, {}); OPEN, path={}", range.offset, length, path));
  }
  uint64_t count = std::min(length - range.offset, range.length.value_or(length));
  if (range.offset > 0) {
    DFS_CO_TRY_OK(from_client(co_await off_network([&] { return file.seek(range.offset); })));
  }
  co_return co_await send(file, count, writer);
}

// The first piece is read before the head goes out, so that a file that cannot be read answers with the reason.
Task<Result<void>> WebHdfs::Parts::send(fs::InputFile& file, uint64_t length, ResponseWriter& writer) {
  std::vector<uint8_t> piece(std::min<uint64_t>(kPieceBytes, std::max<uint64_t>(length, 1)));
  http::Fields headers;
  headers.add("Content-Type", "application/octet-stream");
  headers.add("X-Content-Type-Options", "nosniff");
  bool begun = false;
  for (uint64_t left = length; left > 0 || !begun;) {
    size_t wanted = size_t(std::min<uint64_t>(left, piece.size())), have = 0;
    if (wanted > 0) {
      auto read = co_await off_network([&] { return file.read(piece.data(), wanted); });
      if (!read && !begun) co_return fail(as_error(read.error()));
      if (!read) log::warn("WebHDFS: {}", read.error().message());
      if (!read || *read == 0) co_return Result<void>();
      have = *read;
    }
    if (!std::exchange(begun, true) && !co_await writer.begin(200, headers, length)) co_return Result<void>();
    if (have > 0 && !co_await writer.write(ByteView(piece.data(), have))) co_return Result<void>();
    left -= have;
  }
  (void)co_await writer.finish();
  co_return Result<void>();
}

Task<WebHdfs::Parts::Uploaded> WebHdfs::Parts::receive(fs::OutputFile& file, RequestBody& body) {
  std::vector<uint8_t> piece(kPieceBytes);
  for (bool at_end = false; !at_end;) {
    size_t have = 0;
    while (have < piece.size() && !at_end) {
      auto got = co_await body.read_some(std::span(piece).subspan(have));
      if (!got) co_return Uploaded{Upload::kClientFailed, fail(std::move(got).error())};
      at_end = *got == 0;
      have += *got;
    }
    if (have == 0) break;
    auto written = co_await off_network([&] { return file.write(piece.data(), have); });
    if (!written) co_return Uploaded{Upload::kClusterFailed, fail(as_error(written.error()))};
  }
  auto closed = co_await off_network([&] { return file.close(); });
  if (!closed) co_return Uploaded{Upload::kClusterFailed, fail(as_error(closed.error()))};
  co_return Uploaded{};
}

// An upload that breaks off leaves no file, where Hadoop would leave one that looks whole.
Task<Result<void>> WebHdfs::Parts::create(Held& held, std::string path, fs::CreateOptions options, RequestBody& body,
                                          ResponseWriter& writer) {
  fs::FileSystem& file_system = held.file_system;
  auto opened = co_await off_network([&] { return file_system.create(path, options); });
  if (!opened) co_return fail(as_error(opened.error()));
  fs::OutputFile& file = held.output.emplace(*std::move(opened));
  auto status = co_await off_network([&] { return file_system.status(path); });
  Uploaded uploaded = co_await receive(file, body);
  if (uploaded.outcome == Upload::kComplete) {
    Response created = webhdfs::empty_response();
    created.status = 201;
    created.headers.add("Location", file_system.uri() + http::percent_encode(path, http::EncodeFor::kPath));
    (void)co_await writer.send(std::move(created));
    co_return Result<void>();
  }
  co_await off_network([&] {
    file.abandon();
    if (uploaded.outcome != Upload::kClientFailed || !status) return;
    auto now = file_system.status(path);
    if (!now || now->inode != status->inode) return;
    if (auto removed = file_system.remove(path); !removed) {
      log::warn("WebHDFS: cannot remove the unfinished {}: {}", path, removed.error().message());
    }
  });
  co_return uploaded.result;
}

Task<Result<void>> WebHdfs::Parts::append(Held& held, std::string path, RequestBody& body, ResponseWriter& writer) {
  auto opened = co_await off_network([&] { return held.file_system.append(path); });
  if (!opened) co_return fail(as_error(opened.error()));
  fs::OutputFile& file = held.output.emplace(*std::move(opened));
  Uploaded uploaded = co_await receive(file, body);
  if (uploaded.outcome == Upload::kComplete) {
    (void)co_await writer.send(webhdfs::empty_response());
    co_return Result<void>();
  }
  // What arrived stays; the file is closed for the next writer.
  co_await off_network([&] {
    auto closed = file.close();
    if (closed) return;
    log::warn("WebHDFS: append to {}: {}", path, closed.error().message());
    file.abandon();
  });
  co_return uploaded.result;
}

}  // namespace dfs::datanode
