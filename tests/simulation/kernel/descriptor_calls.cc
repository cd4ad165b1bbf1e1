// libc's functions on sockets, epoll, timers and event counters.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "tests/simulation/kernel/descriptors.h"
#include "tests/simulation/kernel/network.h"
#include "tests/simulation/kernel/real_calls.h"
#include "tests/simulation/kernel/virtual_time.h"

using namespace dfs::simulation;

namespace {

// -1 and errno, as callers expect it.
template <class T>
T answer(T result) {
  if (result >= 0) return result;
  errno = int(-result);
  return -1;
}

Address address_of(const sockaddr* from) {
  const auto& in = *reinterpret_cast<const sockaddr_in*>(from);
  return {ntohl(in.sin_addr.s_addr), ntohs(in.sin_port)};
}

void tell(const Address& address, sockaddr* to, socklen_t* length) {
  if (!to) return;
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_addr.s_addr = htonl(address.host);
  in.sin_port = htons(address.port);
  std::memcpy(to, &in, std::min(size_t(*length), sizeof(in)));
  *length = sizeof(in);
}

bool ours(int number) {
  return DescriptorTable::holds(number);
}
std::shared_ptr<Socket> socket_of(int number) {
  return DescriptorTable::instance().find<Socket>(number);
}

}  // namespace

extern "C" {

int epoll_create1(int flags) noexcept {
  if (!Scheduler::running()) return DFS_REAL(epoll_create1)(flags);
  return DescriptorTable::instance().add(std::make_shared<Epoll>());
}

int eventfd(unsigned count, int flags) noexcept {
  if (!Scheduler::running()) return DFS_REAL(eventfd)(count, flags);
  return DescriptorTable::instance().add(std::make_shared<EventDescriptor>());
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  if (!Scheduler::running()) return DFS_REAL(timerfd_create)(clock, flags);
  return DescriptorTable::instance().add(std::make_shared<TimerDescriptor>());
}

int timerfd_settime(int number, int flags, const itimerspec* time, itimerspec* former) noexcept {
  if (!ours(number)) return DFS_REAL(timerfd_settime)(number, flags, time, former);
  auto timer = DescriptorTable::instance().find<TimerDescriptor>(number);
  if (!timer) return answer(-EBADF);
  const timespec& value = time->it_value;
  if (value.tv_sec == 0 && value.tv_nsec == 0) {
    timer->set(kNever);
  } else if ((flags & TFD_TIMER_ABSTIME) != 0) {
    timer->set(virtual_time_of(CLOCK_MONOTONIC, value));
  } else {
    timer->set(Scheduler::running()->now() + Nanoseconds(value.tv_sec) * kSecond + Nanoseconds(value.tv_nsec));
  }
  return 0;
}

int epoll_ctl(int number, int operation, int on, epoll_event* event) noexcept {
  if (!ours(number)) return DFS_REAL(epoll_ctl)(number, operation, on, event);
  auto epoll = DescriptorTable::instance().find<Epoll>(number);
  auto descriptor = DescriptorTable::instance().find(on);
  if (!epoll || !descriptor) return answer(-EBADF);
  if (operation == EPOLL_CTL_DEL) {
    epoll->remove(*descriptor);
  } else {
    epoll->add(*descriptor, *event);
  }
  return 0;
}

int epoll_wait(int number, epoll_event* events, int count_max, int timeout) {
  if (!ours(number)) return DFS_REAL(epoll_wait)(number, events, count_max, timeout);
  auto epoll = DescriptorTable::instance().find<Epoll>(number);
  return epoll ? epoll->wait(events, count_max, timeout) : answer(-EBADF);
}

int close(int number) {
  if (!ours(number)) return DFS_REAL(close)(number);
  return DescriptorTable::instance().close(number) ? 0 : answer(-EBADF);
}

int socket(int domain, int type, int protocol) noexcept {
  if (!Scheduler::running() || domain != AF_INET) return DFS_REAL(socket)(domain, type, protocol);
  return DescriptorTable::instance().add(std::make_shared<Socket>(*Scheduler::running()->current().host));
}

int bind(int number, const sockaddr* address, socklen_t length) noexcept {
  if (!ours(number)) return DFS_REAL(bind)(number, address, length);
  auto socket = socket_of(number);
  return answer(socket ? socket->bind(address_of(address)) : -EBADF);
}

int listen(int number, int backlog) noexcept {
  if (!ours(number)) return DFS_REAL(listen)(number, backlog);
  auto socket = socket_of(number);
  return answer(socket ? socket->listen() : -EBADF);
}

int connect(int number, const sockaddr* address, socklen_t length) {
  if (!ours(number)) return DFS_REAL(connect)(number, address, length);
  auto socket = socket_of(number);
  return answer(socket ? socket->connect(address_of(address)) : -EBADF);
}

int accept(int number, sockaddr* address, socklen_t* length) {
  if (!ours(number)) return DFS_REAL(accept)(number, address, length);
  auto socket = socket_of(number);
  if (!socket) return answer(-EBADF);
  auto accepted = socket->accept();
  if (!accepted) return answer(-EAGAIN);
  tell(accepted->remote(), address, length);
  return DescriptorTable::instance().add(accepted);
}

ssize_t send(int number, const void* bytes, size_t length, int flags) {
  if (!ours(number)) return DFS_REAL(send)(number, bytes, length, flags);
  auto socket = socket_of(number);
  return answer(socket ? socket->send(static_cast<const uint8_t*>(bytes), length) : ssize_t(-EBADF));
}

ssize_t recv(int number, void* to, size_t length, int flags) {
  if (!ours(number)) return DFS_REAL(recv)(number, to, length, flags);
  auto socket = socket_of(number);
  return answer(socket ? socket->receive(static_cast<uint8_t*>(to), length) : ssize_t(-EBADF));
}

ssize_t sendmsg(int number, const msghdr* message, int flags) {
  if (!ours(number)) return DFS_REAL(sendmsg)(number, message, flags);
  auto socket = socket_of(number);
  if (!socket) return answer(ssize_t(-EBADF));
  std::vector<uint8_t> all;
  for (size_t i = 0; i < message->msg_iovlen; ++i) {
    const auto* from = static_cast<const uint8_t*>(message->msg_iov[i].iov_base);
    all.insert(all.end(), from, from + message->msg_iov[i].iov_len);
  }
  return answer(socket->send(all.data(), all.size()));
}

ssize_t recvmsg(int number, msghdr* message, int flags) {
  if (!ours(number)) return DFS_REAL(recvmsg)(number, message, flags);
  auto socket = socket_of(number);
  if (!socket) return answer(ssize_t(-EBADF));
  ssize_t total = 0;
  for (size_t i = 0; i < message->msg_iovlen; ++i) {
    const iovec& part = message->msg_iov[i];
    if (part.iov_len == 0) continue;
    const ssize_t length = socket->receive(static_cast<uint8_t*>(part.iov_base), part.iov_len);
    if (length < 0 && total == 0) return answer(length);
    if (length <= 0) break;
    total += length;
    if (size_t(length) < part.iov_len) break;
  }
  return total;
}

int shutdown(int number, int how) noexcept {
  if (!ours(number)) return DFS_REAL(shutdown)(number, how);
  auto socket = socket_of(number);
  if (!socket) return answer(-EBADF);
  return how == SHUT_RD ? 0 : answer(socket->shutdown_write());
}

int poll(pollfd* all, nfds_t count, int timeout) {
  if (count != 1 || !ours(all->fd)) return DFS_REAL(poll)(all, count, timeout);
  auto descriptor = DescriptorTable::instance().find(all->fd);
  const uint32_t ready = descriptor ? descriptor->readiness() : 0;
  all->revents = 0;
  if ((ready & EPOLLIN) != 0) all->revents |= all->events & POLLIN;
  if ((ready & EPOLLOUT) != 0) all->revents |= all->events & POLLOUT;
  if ((ready & EPOLLERR) != 0) all->revents |= POLLERR;
  return all->revents ? 1 : 0;
}

int ioctl(int number, unsigned long request, ...) noexcept {
  va_list list;
  va_start(list, request);
  void* argument = va_arg(list, void*);
  va_end(list);
  return ours(number) ? 0 : DFS_REAL(ioctl)(number, request, argument);
}

int setsockopt(int number, int level, int option, const void* value, socklen_t length) noexcept {
  return ours(number) ? 0 : DFS_REAL(setsockopt)(number, level, option, value, length);
}

int getsockopt(int number, int level, int option, void* value, socklen_t* length) noexcept {
  if (!ours(number)) return DFS_REAL(getsockopt)(number, level, option, value, length);
  auto socket = socket_of(number);
  if (!socket) return answer(-EBADF);
  const int result = level == SOL_SOCKET && option == SO_ERROR ? socket->take_error() : 0;
  std::memcpy(value, &result, std::min(size_t(*length), sizeof(result)));
  return 0;
}

int getsockname(int number, sockaddr* address, socklen_t* length) noexcept {
  if (!ours(number)) return DFS_REAL(getsockname)(number, address, length);
  auto socket = socket_of(number);
  if (!socket) return answer(-EBADF);
  tell(socket->local(), address, length);
  return 0;
}

int getpeername(int number, sockaddr* address, socklen_t* length) noexcept {
  if (!ours(number)) return DFS_REAL(getpeername)(number, address, length);
  auto socket = socket_of(number);
  if (!socket || !(socket->is_connected())) return answer(-ENOTCONN);
  tell(socket->remote(), address, length);
  return 0;
}

// Of event counters alone.
ssize_t read(int number, void* to, size_t length) {
  return ours(number) ? answer(ssize_t(-EAGAIN)) : DFS_REAL(read)(number, to, length);
}
ssize_t write(int number, const void* from, size_t length) {
  return ours(number) ? ssize_t(length) : DFS_REAL(write)(number, from, length);
}

}  // extern "C"
