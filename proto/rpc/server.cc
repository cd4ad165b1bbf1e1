#include "proto/rpc/server.h"

#include <algorithm>
#include <atomic>
#include <list>

#include "proto/base/check.h"
#include "proto/base/clock.h"
#include "proto/base/later_as_task.h"
#include "proto/base/log.h"
#include "proto/rpc/activity.h"
#include "proto/rpc/protocol_set.h"
#include "proto/rpc/server_connection.h"

namespace dfs::rpc {
namespace {

constexpr std::chrono::milliseconds kTickMax{1000};
constexpr std::chrono::milliseconds kTickMin{5};
constexpr std::chrono::milliseconds kAcceptPause{100};

// What lives on one loop.
struct Shard {
  explicit Shard(const asio::any_io_executor& on) : executor(on), tasks(on), calls(on), resumptions(on) {}
  asio::any_io_executor executor;
  TaskGroup tasks;
  CallsInHand calls;
  ResumeQueue resumptions;
  std::list<ServerConnection*> connections;
  bool stopping = false;
};

}  // namespace

Task<Result<std::string>> as_task(Reply reply) {
  if (auto* at_once = std::get_if<Result<std::string>>(&reply)) co_return std::move(*at_once);
  if (auto* later = std::get_if<Later<Result<std::string>>>(&reply)) co_return co_await dfs::as_task(std::move(*later));
  co_return co_await std::get<Task<Result<std::string>>>(std::move(reply));
}

struct Server::State {
  State(Settings with, const std::vector<Protocol*>& served, const security::ProxyUsers& rules)
      : settings(std::move(with)),
        protocols(served),
        proxy_users(rules),
        activity(settings.measured_methods, settings.held_methods) {}

  // Not const parameters but pointers: coroutines keep nothing that could be a temporary.
  Task<void> accept();
  Task<void> serve(Shard* shard, std::unique_ptr<Stream> stream);
  Task<void> watch(Shard* shard);
  void hand_over(Shard* shard, std::unique_ptr<Stream> stream);
  std::chrono::milliseconds tick() const;

  const Settings settings;
  const ProtocolSet protocols;
  const security::ProxyUsers& proxy_users;
  Activity activity;
  std::vector<std::unique_ptr<Shard>> shards;
  std::unique_ptr<Listener> listener;
  uint16_t port = 0;
  std::atomic<uint32_t> connections{0};
};

std::chrono::milliseconds Server::State::tick() const {
  auto shortest = std::min({settings.handshake_deadline, settings.frame_deadline, settings.write_deadline,
                            settings.idle_deadline, settings.idle_deadline_beyond});
  return std::clamp(shortest / 4, kTickMin, kTickMax);
}

Task<void> Server::State::accept() {
  size_t next = 0;
  while (!co_await cancelled()) {
    Shard* shard = shards[next++ % shards.size()].get();
    Result<std::unique_ptr<Stream>> stream = co_await listener->accept(shard->executor);
    if (!stream) {
      if (co_await cancelled()) break;
      // Descriptors or memory have run out, most likely: what is open goes on, and some of it will close.
      log::error("{}; trying again", stream.error().message());
      (void)co_await sleep_for(kAcceptPause);
      continue;
    }
    if (connections.load() >= settings.connections_max) {
      log::warn("{}: {} connections are open, no more are taken", (*stream)->remote(), settings.connections_max);
      activity.dropped_connections.add();
      continue;
    }
    connections.fetch_add(1);
    hand_over(shard, *std::move(stream));
  }
  listener->close();
}

void Server::State::hand_over(Shard* shard, std::unique_ptr<Stream> stream) {
  asio::post(shard->executor, [this, shard, moved = std::move(stream)]() mutable {
    if (shard->stopping) {
      connections.fetch_sub(1);
      return;
    }
    shard->tasks.spawn(serve(shard, std::move(moved)));
  });
}

Task<void> Server::State::serve(Shard* shard, std::unique_ptr<Stream> stream) {
  ServerConnection::Environment environment{shard->executor, settings,     protocols,          proxy_users,
                                            shard->tasks,    shard->calls, shard->resumptions, activity};
  auto connection = std::make_shared<ServerConnection>(environment, std::move(stream), Clock::system().now());
  auto position = shard->connections.insert(shard->connections.end(), connection.get());
  co_await connection->serve();
  shard->connections.erase(position);
  connections.fetch_sub(1);
}

Task<void> Server::State::watch(Shard* shard) {
  while (co_await sleep_for(tick()) && !co_await cancelled()) {
    TimePoint now = Clock::system().now();
    activity.note_time(now);
    auto idle =
        connections.load() > settings.idle_connections_max ? settings.idle_deadline_beyond : settings.idle_deadline;
    for (ServerConnection* connection : shard->connections) connection->tick(now, idle);
  }
}

Server::Server(Settings settings, std::vector<asio::any_io_executor> loops, std::vector<Protocol*> protocols,
               const security::ProxyUsers& proxy_users)
    : state_(std::make_unique<State>(std::move(settings), protocols, proxy_users)) {
  DFS_CHECK(!loops.empty());
  for (auto& loop : loops) state_->shards.push_back(std::make_unique<Shard>(loop));
}

Server::~Server() {
  DFS_CHECK(state_->listener == nullptr);
}

Result<void> Server::start() {
  Shard& first = *state_->shards.front();
  DFS_TRY(state_->listener, Listener::open(first.executor, state_->settings.listen));
  state_->port = state_->listener->port();
  for (auto& owned : state_->shards) {
    Shard* shard = owned.get();
    asio::post(shard->executor, [state = state_.get(), shard] { shard->tasks.spawn(state->watch(shard)); });
  }
  asio::post(first.executor, [state = state_.get()] { state->shards.front()->tasks.spawn(state->accept()); });
  return {};
}

uint16_t Server::port() const {
  return state_->port;
}
uint32_t Server::connections() const {
  return state_->connections.load();
}

const Activity& Server::activity() const {
  return state_->activity;
}

void Server::stop() {
  if (state_->listener == nullptr) return;
  // The first shard accepts for all: once it has ended, nothing is handed to the others.
  for (auto& shard : state_->shards) {
    asio::co_spawn(
        shard->executor,
        [](Shard* ending) -> Task<void> {
          ending->stopping = true;
          ending->tasks.cancel();
          co_await ending->tasks.join();
          co_await ending->calls.join();
        }(shard.get()),
        asio::use_future)
        .get();
  }
  state_->listener.reset();
}

}  // namespace dfs::rpc
