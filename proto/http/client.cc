#include "proto/http/client.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "proto/base/task.h"

namespace dfs::http {

namespace beast = boost::beast;
namespace bh = boost::beast::http;
using asio::ip::tcp;

namespace {

Error transport_error(const Endpoint& server, const boost::system::error_code& error) {
  std::string message = "HTTP to " + server.to_string() + ": " + error.message();
  if (error == beast::error::timeout) return {ErrorCode::kTimeout, std::move(message)};
  if (error == asio::error::operation_aborted) return {ErrorCode::kCancelled, std::move(message)};
  if (error == asio::error::connection_refused) return {ErrorCode::kConnect, std::move(message)};
  return {ErrorCode::kEof, std::move(message)};
}

}  // namespace

struct Client::State {
  State(asio::any_io_executor executor, Endpoint to, std::chrono::milliseconds limit)
      : stream(executor), server(std::move(to)), deadline(limit) {}

  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  Endpoint server;
  std::chrono::milliseconds deadline;
  std::optional<bh::request<bh::buffer_body>> request;
  std::optional<bh::request_serializer<bh::buffer_body>> serializer;
  std::optional<bh::response_parser<bh::buffer_body>> parser;

  Task<Result<void>> put(const void* bytes, size_t size, bool more) {
    request->body().data = const_cast<void*>(bytes);
    request->body().size = size;
    request->body().more = more;
    stream.expires_after(deadline);
    auto [error, sent] = co_await bh::async_write(stream, *serializer, kAwait);
    if (error && error != bh::error::need_buffer) co_return fail(transport_error(server, error));
    co_return Result<void>{};
  }
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

Task<Result<std::unique_ptr<Client>>> Client::connect(Endpoint server, std::chrono::milliseconds deadline) {
  auto executor = co_await asio::this_coro::executor;
  auto state = std::make_unique<State>(executor, std::move(server), deadline);
  tcp::resolver resolver(executor);
  auto [unknown, found] =
      co_await resolver.async_resolve(state->server.host, std::to_string(state->server.port), kAwait);
  if (unknown) co_return fail(ErrorCode::kUnknownHost, state->server.to_string() + ": " + unknown.message());
  state->stream.expires_after(deadline);
  auto [error, connected] = co_await state->stream.async_connect(found, kAwait);
  if (error) co_return fail(transport_error(state->server, error));
  co_return std::unique_ptr<Client>(new Client(std::move(state)));
}

Task<Result<void>> Client::send_head(std::string method, std::string target, Fields headers,
                                     std::optional<uint64_t> length_bytes) {
  State& state = *state_;
  state.parser.reset();
  state.serializer.reset();
  state.request.emplace();
  state.request->method_string(method);
  state.request->target(target);
  state.request->version(11);
  state.request->set(bh::field::host, state.server.to_string());
  for (auto& [name, value] : headers) state.request->insert(name, value);
  if (length_bytes) {
    if (*length_bytes > 0 || method == "PUT" || method == "POST") state.request->content_length(*length_bytes);
  } else {
    state.request->chunked(true);
  }
  state.request->body().data = nullptr;
  state.request->body().more = true;
  state.serializer.emplace(*state.request);
  state.stream.expires_after(state.deadline);
  auto [error, sent] = co_await bh::async_write_header(state.stream, *state.serializer, kAwait);
  if (error) co_return fail(transport_error(state.server, error));
  co_return Result<void>{};
}

Task<Result<void>> Client::write(ByteView bytes) {
  if (bytes.empty()) co_return Result<void>{};
  co_return co_await state_->put(bytes.data(), bytes.size(), true);
}

Task<Result<void>> Client::finish() {
  co_return co_await state_->put(nullptr, 0, false);
}

Task<Result<Client::ResponseHead>> Client::read_head() {
  State& state = *state_;
  unsigned status = 100;
  while (status == 100) {
    state.parser.emplace();
    state.parser->body_limit(boost::none);
    state.stream.expires_after(state.deadline);
    auto [error, size] = co_await bh::async_read_header(state.stream, state.buffer, *state.parser, kAwait);
    if (error) co_return fail(transport_error(state.server, error));
    status = state.parser->get().result_int();
  }
  ResponseHead head;
  head.status = status;
  for (const auto& field : state.parser->get()) head.headers.add(field.name_string(), field.value());
  co_return head;
}

Task<Result<size_t>> Client::read_body(std::span<uint8_t> to) {
  State& state = *state_;
  auto& body = state.parser->get().body();
  while (!state.parser->is_done()) {
    body.data = to.data();
    body.size = to.size();
    body.more = true;
    state.stream.expires_after(state.deadline);
    auto [error, size] = co_await bh::async_read_some(state.stream, state.buffer, *state.parser, kAwait);
    if (error && error != bh::error::need_buffer) co_return fail(transport_error(state.server, error));
    if (size_t got = to.size() - body.size; got > 0) co_return got;
  }
  co_return 0;
}

Task<Result<Response>> Client::exchange(std::string method, std::string target, Fields headers, std::string body,
                                        size_t body_bytes_max) {
  DFS_CO_TRY_OK(co_await send_head(std::move(method), std::move(target), std::move(headers), body.size()));
  DFS_CO_TRY_OK(co_await write(as_bytes(body)));
  DFS_CO_TRY_OK(co_await finish());
  DFS_CO_TRY(ResponseHead head, co_await read_head());
  Response response{head.status, std::move(head.headers), {}};
  std::vector<uint8_t> chunk(64 * 1024);
  while (true) {
    DFS_CO_TRY(size_t read, co_await read_body(chunk));
    if (read == 0) co_return response;
    if (response.body.size() + read > body_bytes_max) co_return fail(ErrorCode::kIo, "the HTTP response is too large");
    response.body.append(as_text(std::span(chunk).first(read)));
  }
}

}  // namespace dfs::http
