#include "tests/simulation/kernel/network.h"

#include <algorithm>
#include <cerrno>

namespace dfs::simulation {
namespace {

constexpr Nanoseconds kNoAnswer = 127 * kSecond;  // until a connect() to nobody gives up, as Linux does
constexpr Nanoseconds kRetransmission = 200 * kMillisecond;

}  // namespace

Network& Network::instance() {
  static Network network;
  return network;
}

Host* Network::host_at(uint32_t address) const {
  auto found = hosts_.find(address);
  return found == hosts_.end() ? nullptr : found->second;
}

bool Network::is_parted(uint32_t one, uint32_t other) const {
  return std::ranges::any_of(
      parted_, [&](const auto& pair) { return pair == std::pair(one, other) || pair == std::pair(other, one); });
}

void Network::part(const Host& one, const Host& other) {
  parted_.emplace_back(one.address, other.address);
}

void Network::heal() {
  parted_.clear();
}

void Network::slow_down(const Host& host, uint64_t bytes_per_second, Nanoseconds latency) {
  slow_[host.address] = {bytes_per_second, latency};
}

void Network::carry(const Socket& from, const Address& to, size_t bytes, std::function<void()> arrival) {
  Scheduler& simulation = *Scheduler::running();
  Direction& direction = directions_[{from.local(), to}];
  Nanoseconds latency = settings.latency_min + simulation.draw(settings.latency_max - settings.latency_min + 1);
  uint64_t speed = settings.bytes_per_second;
  for (uint32_t end : {from.local().host, to.host}) {
    auto slow = slow_.find(end);
    if (slow == slow_.end()) continue;
    speed = std::min(speed, slow->second.bytes_per_second);
    latency += slow->second.latency;
  }
  const Nanoseconds length = bytes * kSecond / speed;
  direction.last = std::max(direction.last + length, simulation.now() + latency + length);
  bytes_carried += bytes;

  // One timer a segment; each takes what is due of its direction.
  direction.segments.push_back({direction.last, std::move(arrival)});
  auto key = std::pair(from.local(), to);
  // An ordinary function object, as it puts itself off while the hosts are parted.
  struct Due {
    Network* network;
    std::pair<Address, Address> key;
    void operator()() const {
      auto found = network->directions_.find(key);
      if (found == network->directions_.end()) return;
      const Nanoseconds now = Scheduler::running()->now();
      if (network->is_parted(key.first.host, key.second.host)) {
        Scheduler::running()->at(now + kRetransmission, *this);
        return;
      }
      while (!found->second.segments.empty() && found->second.segments.front().time <= now) {
        auto arrived = std::move(found->second.segments.front().arrival);
        found->second.segments.pop_front();
        Host* host = network->host_at(key.second.host);
        if (host && host->powered) arrived();
        found = network->directions_.find(key);
        if (found == network->directions_.end()) return;
      }
      if (found->second.segments.empty() && found->second.last + kSecond < now) network->directions_.erase(found);
    }
  };
  simulation.at(direction.last, Due{this, key});
}

void Network::reset_connections(const Host& host, size_t count) {
  std::erase_if(sockets_, [](const auto& socket) { return socket.expired(); });
  std::vector<std::shared_ptr<Socket>> of_host;
  for (const auto& socket : sockets_) {
    auto one = socket.lock();
    if (one && &one->host() == &host && one->is_connected()) of_host.push_back(std::move(one));
  }
  for (; count > 0 && !of_host.empty(); --count) {
    const size_t chosen = Scheduler::running()->draw(of_host.size());
    if (auto peer = of_host[chosen]->peer().lock()) peer->reset();
    of_host[chosen]->reset();
    of_host.erase(of_host.begin() + ptrdiff_t(chosen));
  }
}

void Network::powered_on(const Host& host) {
  for (const auto& socket : sockets_) {
    auto one = socket.lock();
    if (one && one->is_connected() && one->remote().host == host.address && one->peer().expired()) one->reset();
  }
}

uint32_t Socket::readiness() const {
  uint32_t ready = 0;
  if (listens_) return pending_.empty() ? 0 : EPOLLIN;
  if (connecting_) return 0;
  if (error_ || broken_) ready |= EPOLLERR | EPOLLHUP | EPOLLIN | EPOLLOUT;
  if (!received_.empty() || ended_) ready |= EPOLLIN;
  if (connected_ && unread_by_peer_ < Network::instance().settings.window_bytes) ready |= EPOLLOUT;
  return ready;
}

int Socket::bind(Address at) {
  Network& network = Network::instance();
  if (at.host == INADDR_ANY) at.host = host_->address;
  if (at.host != host_->address) return -EADDRNOTAVAIL;
  if (at.port == 0) {
    at.port = network.next_port_++;
  } else if (auto other = network.listening_.find(at); other != network.listening_.end() && !other->second.expired()) {
    return -EADDRINUSE;
  }
  local_ = at;
  return 0;
}

int Socket::listen() {
  listens_ = true;
  Network::instance().listening_[local_] = self();
  return 0;
}

int Socket::connect(Address to) {
  Network& network = Network::instance();
  if (local_.port == 0) {
    local_.port = network.next_port_++;
    if (network.next_port_ < 30'000) network.next_port_ = 30'000;
  }
  remote_ = to;
  connecting_ = true;
  ++network.connections;
  Scheduler& simulation = *Scheduler::running();
  std::weak_ptr<Socket> weak = self();
  simulation.at(simulation.now() + kNoAnswer, [weak] {
    if (auto socket = weak.lock()) socket->fail_connect(ETIMEDOUT);
  });
  network.carry(*this, to, 60, [weak, to, from = local_] {
    Network& net = Network::instance();
    auto found = net.listening_.find(to);
    auto listener = found == net.listening_.end() ? nullptr : found->second.lock();
    std::shared_ptr<Socket> accepted;
    auto answered = std::make_shared<Socket>(*net.host_at(to.host));
    answered->local_ = to;
    answered->remote_ = from;
    if (listener) {
      answered->connected_ = true;
      answered->peer_ = weak;
      accepted = answered;
      net.sockets_.push_back(accepted);
      listener->pending_.push_back(accepted);
      listener->notify();
    }
    net.carry(*answered, from, 60, [weak, accepted, refused = answered] {
      auto socket = weak.lock();
      if (!socket) {
        if (accepted) accepted->reset();
      } else if (accepted) {
        socket->connected_to(accepted);
      } else {
        socket->fail_connect(ECONNREFUSED);
      }
    });
  });
  return -EINPROGRESS;
}

void Socket::connected_to(std::shared_ptr<Socket> peer) {
  if (!connecting_) return;
  connecting_ = false;
  connected_ = true;
  peer_ = peer;
  Network::instance().sockets_.push_back(self());
  notify();
}

void Socket::fail_connect(int error) {
  if (!connecting_) return;
  connecting_ = false;
  error_ = error;
  notify();
}

std::shared_ptr<Socket> Socket::accept() {
  if (pending_.empty()) return nullptr;
  auto first = pending_.front();
  pending_.pop_front();
  return first;
}

int Socket::take_error() {
  return std::exchange(error_, 0);
}

ssize_t Socket::send(const uint8_t* bytes, size_t length) {
  Network& network = Network::instance();
  Scheduler& simulation = *Scheduler::running();
  if (error_) return -take_error();
  if (broken_ || write_shut_) return -EPIPE;
  if (!connected_) return -ENOTCONN;
  const size_t window = network.settings.window_bytes;
  if (unread_by_peer_ >= window) return -EAGAIN;
  length = std::min(length, window - unread_by_peer_);
  unread_by_peer_ += length;
  for (size_t begin = 0; begin < length;) {
    size_t count = length - begin;
    if (count > 1 && simulation.chance(network.settings.cut_chance)) count = 1 + simulation.draw(count - 1);
    std::vector<uint8_t> piece(bytes + begin, bytes + begin + count);
    std::weak_ptr<Socket> to = peer_, from = self();
    network.carry(*this, remote_, count, [to, from, piece = std::move(piece)]() mutable {
      auto receiver = to.lock();
      auto sender = from.lock();
      if (receiver && !receiver->closed_) {
        receiver->arrive(std::move(piece));
      } else if (sender) {
        sender->reset();
      }
    });
    begin += count;
  }
  return ssize_t(length);
}

void Socket::arrive(std::vector<uint8_t> bytes) {
  Network& network = Network::instance();
  if (cut_ || bytes.empty()) return;
  if (network.on_arrival) {
    const size_t allowed = network.on_arrival(*this, bytes);
    cut_ = allowed < bytes.size();
    bytes.resize(allowed);
    if (bytes.empty()) return;
  }
  Scheduler::running()->note(bytes.size() ^ uint64_t(bytes.front()) << 32 ^ uint64_t(bytes.back()) << 40);
  if (broken_ || closed_) return;
  received_.insert(received_.end(), bytes.begin(), bytes.end());
  notify();
}

void Socket::arrive_end() {
  ended_ = true;
  notify();
}

ssize_t Socket::receive(uint8_t* to, size_t length_max) {
  if (error_) return -take_error();
  if (received_.empty()) {
    if (ended_ || broken_) return 0;
    return connected_ ? -EAGAIN : -ENOTCONN;
  }
  const size_t length = std::min(length_max, received_.size());
  std::copy_n(received_.begin(), length, to);
  received_.erase(received_.begin(), received_.begin() + ptrdiff_t(length));
  if (auto sender = peer_.lock()) {
    const bool was_full = sender->unread_by_peer_ >= Network::instance().settings.window_bytes;
    sender->unread_by_peer_ -= std::min(length, sender->unread_by_peer_);
    if (was_full) sender->notify();
  }
  return ssize_t(length);
}

int Socket::shutdown_write() {
  if (!connected_) return -ENOTCONN;
  if (std::exchange(write_shut_, true) || broken_) return 0;
  Network::instance().carry(*this, remote_, 40, [to = peer_] {
    if (auto receiver = to.lock()) receiver->arrive_end();
  });
  return 0;
}

void Socket::reset() {
  if (broken_ || closed_) return;
  connecting_ = false;
  broken_ = true;
  error_ = ECONNRESET;
  received_.clear();
  notify();
}

void Socket::close() {
  if (std::exchange(closed_, true)) return;
  if (listens_) {
    Network::instance().listening_.erase(local_);
    for (auto& waiting : pending_) waiting->close();
    return;
  }
  if (connected_ && !broken_) {
    // What was not read tells the peer that nobody will.
    if (!received_.empty()) {
      Network::instance().carry(*this, remote_, 40, [to = peer_] {
        if (auto receiver = to.lock()) receiver->reset();
      });
    } else {
      shutdown_write();
    }
  }
  connected_ = connecting_ = false;
}

}  // namespace dfs::simulation
