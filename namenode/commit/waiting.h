#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "proto/base/task.h"

namespace dfs::namenode {

// A coroutine that waits for another thread. resume() lets it go on where it waited, once; may be called on any thread.
// Not cancellable: what waits here has handed its frame to the other thread.
class Waiting {
 public:
  virtual ~Waiting() = default;
  virtual void resume() = 0;
};

// Suspends, calls `enqueue(std::unique_ptr<Waiting>)`, and returns after resume().
template <class Enqueue>
Task<void> wait_in(Enqueue enqueue) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [](auto handler, Enqueue put) {
        using Handler = decltype(handler);
        class Held final : public Waiting {
         public:
          explicit Held(Handler held) : handler_(std::move(held)) {}
          void resume() override {
            auto executor = asio::get_associated_executor(handler_);
            asio::post(executor, std::move(handler_));
          }

         private:
          Handler handler_;
        };
        put(std::make_unique<Held>(std::move(handler)));
      },
      asio::use_awaitable, std::move(enqueue));
}

}  // namespace dfs::namenode
