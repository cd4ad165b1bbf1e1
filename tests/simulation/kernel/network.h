#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/kernel/descriptors.h"
#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {

struct Address {
  uint32_t host = 0;  // IPv4, of this machine's byte order
  uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
};

// A TCP socket. What it sends arrives in order, in pieces and late, as the network's settings and the seed say.
class Socket final : public Descriptor {
 public:
  explicit Socket(Host& host) : host_(&host) { local_.host = host.address; }
  uint32_t readiness() const override;
  void close() override;

  // These return 0 or a count, or an errno negated.
  int bind(Address at);
  int listen();
  int connect(Address to);
  std::shared_ptr<Socket> accept();  // null: nobody is there
  ssize_t send(const uint8_t* bytes, size_t length);
  ssize_t receive(uint8_t* to, size_t length_max);
  int shutdown_write();
  int take_error();
  const Address& local() const { return local_; }
  const Address& remote() const { return remote_; }
  bool listens() const { return listens_; }
  bool is_connected() const { return connected_; }
  Host& host() const { return *host_; }

  // Whoever has it learns that the connection is gone.
  void reset();
  const std::weak_ptr<Socket>& peer() const { return peer_; }

 private:
  friend class Network;
  void arrive(std::vector<uint8_t> bytes);
  void arrive_end();
  void connected_to(std::shared_ptr<Socket> peer);
  void fail_connect(int error);
  std::shared_ptr<Socket> self() { return std::static_pointer_cast<Socket>(shared_from_this()); }

  Host* host_;
  Address local_, remote_;
  bool listens_ = false, connecting_ = false, connected_ = false, closed_ = false;
  bool ended_ = false;  // the peer sends no more
  bool write_shut_ = false;
  int error_ = 0;        // to be told once
  bool broken_ = false;  // reset
  bool cut_ = false;     // nothing comes any more, and nobody knows
  std::deque<uint8_t> received_;
  size_t unread_by_peer_ = 0;  // sent, and not yet taken
  std::deque<std::shared_ptr<Socket>> pending_;
  std::weak_ptr<Socket> peer_;
};

// What lies between the hosts. One in a process.
class Network {
 public:
  struct Settings {
    Nanoseconds latency_min = 50 * kMicrosecond, latency_max = 200 * kMicrosecond;
    uint64_t bytes_per_second = 200u << 20;
    size_t window_bytes = 128u << 10;
    double cut_chance = 0.1;  // that what is sent at once arrives in two pieces
  };
  static Network& instance();
  Settings settings;

  // Packets between the two wait until heal(); connections live on.
  void part(const Host& one, const Host& other);
  void heal();
  // Makes everything to and from the host that much slower.
  void slow_down(const Host& host, uint64_t bytes_per_second, Nanoseconds latency);
  void speed_up(const Host& host) { slow_.erase(host.address); }
  // Ends that many of the host's connections, as a switch does that forgets them.
  void reset_connections(const Host& host, size_t count);
  void add(Host& host) { hosts_[host.address] = &host; }
  // Connections of before the machine went off are answered by a reset.
  void powered_on(const Host& host);
  // Asked at every arrival of bytes, how many of them come through; nothing comes after a cut. For faults at an offset.
  std::function<size_t(const Socket& receiver, const std::vector<uint8_t>& bytes)> on_arrival;
  uint64_t bytes_carried = 0, connections = 0;

 private:
  friend class Socket;
  // Calls `arrival` when what is sent now has come over, in the order of the direction.
  void carry(const Socket& from, const Address& to, size_t bytes, std::function<void()> arrival);
  void deliver(uint32_t from, uint32_t to);
  bool is_parted(uint32_t one, uint32_t other) const;
  Host* host_at(uint32_t address) const;

  struct Segment {
    Nanoseconds time;
    std::function<void()> arrival;
  };
  struct Direction {
    Nanoseconds last = 0;
    std::deque<Segment> segments;
  };
  struct Slow {
    uint64_t bytes_per_second;
    Nanoseconds latency;
  };
  // Of two addresses and ports: connections do not wait for each other.
  std::map<std::pair<Address, Address>, Direction> directions_;
  std::map<uint32_t, Host*> hosts_;
  std::map<uint32_t, Slow> slow_;
  std::vector<std::pair<uint32_t, uint32_t>> parted_;
  std::map<Address, std::weak_ptr<Socket>> listening_;
  std::vector<std::weak_ptr<Socket>> sockets_;  // connected ones
  uint16_t next_port_ = 30'000;
};

}  // namespace dfs::simulation
