#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {

class Epoll;

// What a process of the simulation has open besides files.
class Descriptor : public std::enable_shared_from_this<Descriptor> {
 public:
  virtual ~Descriptor() = default;
  // Of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP: what holds now.
  virtual uint32_t readiness() const = 0;
  // The process has closed it, or is gone.
  virtual void close() {}

 protected:
  // Something has become so: who waits for it is told.
  void notify();

 private:
  friend class Epoll;
  friend class DescriptorTable;
  Epoll* epoll_ = nullptr;
};

class Epoll final : public Descriptor {
 public:
  uint32_t readiness() const override { return 0; }
  void add(Descriptor& descriptor, const epoll_event& event);
  void modify(Descriptor& descriptor, const epoll_event& event);
  void remove(Descriptor& descriptor);
  int wait(epoll_event* events, int count_max, int timeout_ms);
  void close() override;

 private:
  friend class Descriptor;
  struct Watched {
    epoll_event event{};
    bool queued = false;
  };
  void notice(Descriptor& descriptor);
  std::map<Descriptor*, Watched> watched_;  // never walked in its order, which is that of addresses
  std::deque<Descriptor*> queue_;
};

// An eventfd: only ever used to interrupt an epoll, so it can always be read.
class EventDescriptor final : public Descriptor {
 public:
  uint32_t readiness() const override { return EPOLLIN; }
};

class TimerDescriptor final : public Descriptor {
 public:
  uint32_t readiness() const override;
  void set(Nanoseconds expiry);
  void close() override { expiry_ = kNever; }

 private:
  Nanoseconds expiry_ = kNever;
};

// The descriptors of all processes by number. The numbers are far above those of the machine.
class DescriptorTable {
 public:
  static constexpr int kFirst = 1 << 20;
  static DescriptorTable& instance();
  static bool holds(int number) { return number >= kFirst; }

  int add(std::shared_ptr<Descriptor> descriptor);
  // Null: not open, or of another kind.
  template <class T = Descriptor>
  std::shared_ptr<T> find(int number) const {
    auto found = open_.find(number);
    return found == open_.end() ? nullptr : std::dynamic_pointer_cast<T>(found->second);
  }
  bool close(int number);
  // As the kernel does when a process dies.
  void close_all(Host& host);
  // The machine is off: nobody is told.
  void forget_all(Host& host);

 private:
  std::map<int, std::shared_ptr<Descriptor>> open_;
  int next_ = kFirst;
};

}  // namespace dfs::simulation
