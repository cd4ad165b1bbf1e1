#include "proto/http/server.h"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <memory>
#include <optional>

#include "proto/base/task.h"
#include "proto/http/connection.h"

namespace dfs::http {

using asio::ip::tcp;

// The acceptors live on the first loop; each loop has a group for the connections that it serves.
struct Server::State {
  struct Loop {
    explicit Loop(asio::any_io_executor on) : executor(on), tasks(on) {}
    asio::any_io_executor executor;
    TaskGroup tasks;
  };

  State(Settings given, Handler& serving) : settings(std::move(given)), handler(serving) {}

  Settings settings;
  Handler& handler;
  std::list<Loop> loops;
  std::list<tcp::acceptor> acceptors;
  std::atomic<uint32_t> connections{0};
  std::atomic<bool> stopping{false};
  size_t next_loop = 0;

  Loop& choose_loop() {
    auto position = loops.begin();
    std::advance(position, next_loop++ % loops.size());
    return *position;
  }

  Task<void> serve(tcp::socket socket) {
    co_await serve_connection(std::move(socket), settings, handler);
    --connections;
  }

  Task<void> accept(tcp::acceptor& acceptor) {
    while (!co_await cancelled()) {
      if (connections.load() >= settings.connections_max) {
        (void)co_await sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      Loop& loop = choose_loop();
      auto [error, socket] = co_await acceptor.async_accept(loop.executor, kAwait);
      if (error) {
        // Out of descriptors, or a connection that went away: neither ends the listener.
        if (error != asio::error::operation_aborted) (void)co_await sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      ++connections;
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      asio::post(loop.executor, [this, &loop, taken = std::make_shared<tcp::socket>(std::move(socket))] {
        if (stopping) return;
        loop.tasks.spawn(serve(std::move(*taken)));
      });
    }
  }

  Result<void> open(const Endpoint& at) {
    auto refuse = [&](const boost::system::error_code& error) {
      return fail(ErrorCode::kConnect, fmt::format("Problem binding to [{}] : {}", at.to_string(), error.message()));
    };
    boost::system::error_code error;
    tcp::resolver resolver(loops.front().executor);
    auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::passive, error);
    if (error) return refuse(error);
    tcp::acceptor& acceptor = acceptors.emplace_back(loops.front().executor);
    // IPv4 first, as Listener::open: "localhost" is 127.0.0.1 to Hadoop's clients.
    tcp::endpoint endpoint = *found.begin();
    for (const auto& entry : found) {
      if (!entry.endpoint().address().is_v4()) continue;
      endpoint = entry.endpoint();
      break;
    }
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return refuse(error);
    return {};
  }
};

Server::Server(Settings settings, std::vector<asio::any_io_executor> loops, Handler& handler)
    : state_(std::make_unique<State>(std::move(settings), handler)) {
  for (auto& executor : loops) state_->loops.emplace_back(executor);
}

Server::~Server() {
  stop();
}

Result<void> Server::start() {
  for (const Endpoint& at : state_->settings.listen) {
    if (Result<void> opened = state_->open(at); !opened) {
      state_->acceptors.clear();
      return opened;
    }
  }
  State::Loop& first = state_->loops.front();
  for (tcp::acceptor& acceptor : state_->acceptors) {
    asio::post(first.executor, [this, &first, &acceptor] { first.tasks.spawn(state_->accept(acceptor)); });
  }
  return {};
}

std::vector<uint16_t> Server::ports() const {
  std::vector<uint16_t> ports;
  for (const tcp::acceptor& acceptor : state_->acceptors) {
    boost::system::error_code error;
    ports.push_back(acceptor.local_endpoint(error).port());
  }
  return ports;
}

void Server::stop() {
  if (state_->acceptors.empty() || state_->stopping.exchange(true)) return;
  for (State::Loop& loop : state_->loops) {
    asio::co_spawn(
        loop.executor,
        [](TaskGroup& tasks) -> Task<void> {
          tasks.cancel();
          co_await tasks.join();
        }(loop.tasks),
        asio::use_future)
        .get();
  }
  state_->acceptors.clear();
}

}  // namespace dfs::http
