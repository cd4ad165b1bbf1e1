#include "tests/simulation/kernel/descriptors.h"

#include <algorithm>

namespace dfs::simulation {

void Descriptor::notify() {
  if (epoll_) epoll_->notice(*this);
}

void Epoll::add(Descriptor& descriptor, const epoll_event& event) {
  watched_[&descriptor].event = event;
  descriptor.epoll_ = this;
  if (descriptor.readiness() & event.events) notice(descriptor);
}

void Epoll::modify(Descriptor& descriptor, const epoll_event& event) {
  add(descriptor, event);
}

void Epoll::remove(Descriptor& descriptor) {
  watched_.erase(&descriptor);
  std::erase(queue_, &descriptor);
  if (descriptor.epoll_ == this) descriptor.epoll_ = nullptr;
}

void Epoll::notice(Descriptor& descriptor) {
  Watched& watched = watched_.at(&descriptor);
  if (!watched.queued) {
    watched.queued = true;
    queue_.push_back(&descriptor);
  }
  Scheduler::running()->wake(this, 1);
}

int Epoll::wait(epoll_event* events, int count_max, int timeout_ms) {
  Scheduler& simulation = *Scheduler::running();
  const Nanoseconds deadline = timeout_ms < 0 ? kNever : simulation.now() + Nanoseconds(timeout_ms) * kMillisecond;
  for (;;) {
    int count = 0;
    std::deque<Descriptor*> left;
    while (!queue_.empty()) {
      Descriptor* descriptor = queue_.front();
      Watched& watched = watched_.at(descriptor);
      const uint32_t ready = descriptor->readiness() & (watched.event.events | EPOLLERR | EPOLLHUP);
      if (ready && count == count_max) break;
      queue_.pop_front();
      watched.queued = false;
      if (!ready) continue;
      events[count].events = ready;
      events[count++].data = watched.event.data;
      if ((watched.event.events & EPOLLET) == 0) left.push_back(descriptor);
    }
    for (Descriptor* descriptor : left) {
      watched_.at(descriptor).queued = true;
      queue_.push_back(descriptor);
    }
    if (count > 0 || timeout_ms == 0) return count;
    if (!simulation.wait(this, deadline)) return 0;
  }
}

void Epoll::close() {
  for (auto& [descriptor, watched] : watched_) descriptor->epoll_ = nullptr;
  watched_.clear();
  queue_.clear();
}

uint32_t TimerDescriptor::readiness() const {
  return expiry_ <= Scheduler::running()->now() ? uint32_t(EPOLLIN) : 0;
}

void TimerDescriptor::set(Nanoseconds expiry) {
  expiry_ = expiry;
  if (expiry == kNever) return;
  Scheduler::running()->at(expiry, [weak = weak_from_this(), this, expiry] {
    if (auto self = weak.lock(); self && expiry_ == expiry) notify();
  });
}

DescriptorTable& DescriptorTable::instance() {
  static DescriptorTable table;
  return table;
}

int DescriptorTable::add(std::shared_ptr<Descriptor> descriptor) {
  Scheduler::running()->current().host->descriptors.insert(next_);
  open_.emplace(next_, std::move(descriptor));
  return next_++;
}

bool DescriptorTable::close(int number) {
  auto found = open_.find(number);
  if (found == open_.end()) return false;
  std::shared_ptr<Descriptor> closed = std::move(found->second);
  open_.erase(found);
  Scheduler::running()->current().host->descriptors.erase(number);
  if (Epoll* epoll = closed->epoll_) epoll->remove(*closed);
  closed->close();
  return true;
}

void DescriptorTable::close_all(Host& host) {
  for (int number : host.descriptors) {
    auto found = open_.find(number);
    if (found == open_.end()) continue;
    if (Epoll* epoll = found->second->epoll_) epoll->remove(*found->second);
    found->second->close();
    open_.erase(found);
  }
  host.descriptors.clear();
}

void DescriptorTable::forget_all(Host& host) {
  for (int number : host.descriptors) {
    auto found = open_.find(number);
    if (found == open_.end()) continue;
    if (Epoll* epoll = found->second->epoll_) epoll->remove(*found->second);
    open_.erase(found);
  }
  host.descriptors.clear();
}

}  // namespace dfs::simulation
