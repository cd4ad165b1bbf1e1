#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "proto/base/check.h"
#include "proto/base/task.h"
#include "proto/metrics/counter.h"
#include "proto/rpc/server.h"

namespace google::protobuf {
class Message;
}

namespace dfs::rpc {

// The bytes of a Response that were not made by protobuf, which costs less for a long one.
template <class Response>
struct Encoded {
  std::string bytes;
};

// The methods of one Protocol by name, each a member function that takes the parsed request and returns the response:
//
//   Result<GetFileInfoResponseProto> get_file_info(const GetFileInfoRequestProto&, const CallContext&);
//   Later<Result<DeleteResponseProto>> remove(const DeleteRequestProto&, const CallContext&);
//
//   Result<Encoded<GetListingResponseProto>> get_listing(const GetListingRequestProto&, const CallContext&);
//
//   table_.add("getFileInfo", this, &ClientService::get_file_info);
//   table_.add("delete", this, &ClientService::remove);
//   Reply call(...) override { return table_.call(method, request, context); }
//
// It may return a Task as well. The request and context of either live until it ends. A request that cannot be parsed
// and an unknown method are answered as ProtobufRpcEngine2 does. Filled once, then read by any number of threads.
class MethodTable {
 public:
  // `name` has static storage, `service` outlives the table.
  template <class Service, class Owner, class Request, class Response>
  void add(std::string_view name, Service* service,
           Result<Response> (Owner::*handler)(const Request&, const CallContext&)) {
    insert(name, [service, handler](ByteView bytes, const CallContext& context) -> Reply {
      Request request;
      if (Result<void> parsed = parse(bytes, request); !parsed) return Result<std::string>(fail(parsed.error()));
      return serialised((service->*handler)(request, context));
    });
  }

  template <class Service, class Owner, class Request, class Response>
  void add(std::string_view name, Service* service,
           Task<Result<Response>> (Owner::*handler)(const Request&, const CallContext&)) {
    insert(name, [service, handler](ByteView bytes, const CallContext& context) -> Reply {
      Request request;
      if (Result<void> parsed = parse(bytes, request); !parsed) return Result<std::string>(fail(parsed.error()));
      return run<Service, Owner, Request, Response>(service, handler, std::move(request), context);
    });
  }

  template <class Service, class Owner, class Request, class Response>
  void add(std::string_view name, Service* service,
           Later<Result<Response>> (Owner::*handler)(const Request&, const CallContext&)) {
    insert(name, [service, handler](ByteView bytes, const CallContext& context) -> Reply {
      Request request;
      if (Result<void> parsed = parse(bytes, request); !parsed) return Result<std::string>(fail(parsed.error()));
      return run_later<Service, Owner, Request, Response>(service, handler, std::move(request), context);
    });
  }

  // As the first, on `executor`: for what takes so long that other calls would wait for it.
  template <class Service, class Owner, class Request, class Response>
  void add_on(asio::any_io_executor executor, std::string_view name, Service* service,
              Result<Response> (Owner::*handler)(const Request&, const CallContext&)) {
    insert(name, [executor, service, handler](ByteView bytes, const CallContext& context) -> Reply {
      Request request;
      if (Result<void> parsed = parse(bytes, request); !parsed) return Result<std::string>(fail(parsed.error()));
      return answer_on<Service, Owner, Request, Response>(executor, service, handler, std::move(request), context);
    });
  }

  Reply call(std::string_view method, ByteView request, const CallContext& context) const;
  bool contains(std::string_view method) const { return entries_.contains(method); }
  // How often it has been called, over RPC or otherwise; 0 where there is none of that name.
  uint64_t calls(std::string_view method) const;

 private:
  using Handler = std::function<Reply(ByteView, const CallContext&)>;

  template <class Service, class Owner, class Request, class Response>
  static Task<Result<std::string>> run(Service* service,
                                       Task<Result<Response>> (Owner::*handler)(const Request&, const CallContext&),
                                       Request request, CallContext context) {
    co_return serialised(co_await (service->*handler)(request, context));
  }

  template <class Service, class Owner, class Request, class Response>
  static Later<Result<std::string>> run_later(Service* service,
                                              Later<Result<Response>> (Owner::*handler)(const Request&,
                                                                                        const CallContext&),
                                              Request request, CallContext context) {
    co_return serialised(co_await (service->*handler)(request, context));
  }

  template <class Service, class Owner, class Request, class Response>
  static Task<Result<std::string>> answer_on(asio::any_io_executor executor, Service* service,
                                             Result<Response> (Owner::*handler)(const Request&, const CallContext&),
                                             Request request, CallContext context) {
    co_return co_await run_on(executor, [&] { return serialised((service->*handler)(request, context)); });
  }

  template <class Response>
  static Result<std::string> serialised(Result<Response> response) {
    if (!response) return std::unexpected(std::move(response).error());
    return serialise(*response);
  }
  template <class Response>
  static Result<std::string> serialised(Result<Encoded<Response>> response) {
    if (!response) return std::unexpected(std::move(response).error());
    return std::move(response->bytes);
  }

  static Result<void> parse(ByteView bytes, google::protobuf::Message& request);
  static std::string serialise(const google::protobuf::Message& response);
  void insert(std::string_view name, Handler handler);

  struct Entry {
    Handler handler;
    mutable metrics::Counter calls{};
  };
  std::unordered_map<std::string_view, Entry> entries_;
};

}  // namespace dfs::rpc
