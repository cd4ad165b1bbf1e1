#include "proto/rpc/method_table.h"

#include <gtest/gtest.h>

#include <thread>

#include "proto/base/event_loop.h"
#include "proto/hadoop/ProtocolInfo.pb.h"
#include "proto/rpc/frames.h"
#include "tests/unit/proto/io/run.h"

namespace dfs::rpc {
namespace {

using hadoop::common::GetProtocolVersionsRequestProto;
using hadoop::common::ProtocolSignatureProto;

class Service {
 public:
  Service() {
    table.add("now", this, &Service::now);
    table.add("later", this, &Service::later);
    table.add("kept", this, &Service::kept);
  }

  Result<ProtocolSignatureProto> now(const GetProtocolVersionsRequestProto& request, const CallContext&) {
    if (request.protocol() == "none") return fail(ErrorCode::kFileNotFound, "none");
    ProtocolSignatureProto response;
    response.set_version(request.protocol().size());
    return response;
  }
  Task<Result<ProtocolSignatureProto>> later(const GetProtocolVersionsRequestProto& request,
                                             const CallContext& context) {
    co_await asio::post(co_await asio::this_coro::executor, kAwait);
    ProtocolSignatureProto response;
    response.set_version(request.protocol().size() + context.client_id.size());
    co_return response;
  }

  Later<Result<ProtocolSignatureProto>> kept(const GetProtocolVersionsRequestProto& request,
                                             const CallContext& context) {
    ProtocolSignatureProto response;
    response.set_version(request.protocol().size() + context.client_id.size());
    co_return response;
  }

  Result<ProtocolSignatureProto> where(const GetProtocolVersionsRequestProto& request, const CallContext& context) {
    thread = std::this_thread::get_id();
    return now(request, context);
  }

  MethodTable table;
  std::thread::id thread;
};

std::string request_for(std::string_view protocol) {
  GetProtocolVersionsRequestProto request;
  request.set_protocol(std::string(protocol));
  return request.SerializeAsString();
}

uint64_t version_in(const Result<std::string>& response) {
  ProtocolSignatureProto parsed;
  EXPECT_TRUE(response);
  EXPECT_TRUE(response && parsed.ParseFromString(*response));
  return parsed.version();
}

TEST(MethodTable, AHandlerThatNeedNotWaitAnswersAtOnce) {
  Service service;
  Reply reply = service.table.call("now", as_bytes(request_for("abc")), {});
  ASSERT_EQ(reply.index(), 0u);
  EXPECT_EQ(version_in(std::get<0>(reply)), 3u);
}

Task<void> expect_version(Reply reply, uint64_t version) {
  Result<std::string> answer = co_await std::get<1>(std::move(reply));
  EXPECT_EQ(version_in(answer), version);
}

TEST(MethodTable, WhatTakesLongRunsElsewhere) {
  EventLoop elsewhere("elsewhere");
  elsewhere.start();
  Service service;
  service.table.add_on(elsewhere.executor(), "where", &service, &Service::where);
  std::string request = request_for("abc");
  Reply reply = service.table.call("where", as_bytes(request), {});
  request.clear();
  ASSERT_EQ(reply.index(), 1u);
  run(expect_version(std::move(reply), 3));
  EXPECT_NE(service.thread, std::this_thread::get_id());
  EXPECT_EQ(std::get<0>(service.table.call("where", as_bytes("\xff"), {})).error().java_class(), kInvalidMessageClass);
  elsewhere.stop();
}

Task<void> ask_later(Service& service, std::string method) {
  std::optional<Reply> reply;
  {
    std::string request = request_for("cold");
    CallContext context;
    context.client_id = "0123456789abcdef";
    reply = service.table.call(method, as_bytes(request), context);
  }
  EXPECT_EQ(reply->index(), method == "later" ? 1u : 2u);
  EXPECT_EQ(version_in(co_await as_task(*std::move(reply))), 20u);
}
TEST(MethodTable, ACoroutineOwnsItsRequestAndContext) {
  Service service;
  run(ask_later(service, "later"));
  run(ask_later(service, "kept"));
}

Error error_of(const Reply& reply) {
  EXPECT_EQ(reply.index(), 0u);
  EXPECT_FALSE(std::get<0>(reply));
  return std::get<0>(reply).error();
}

TEST(MethodTable, ErrorsOfHandlersPassThrough) {
  Service service;
  EXPECT_EQ(error_of(service.table.call("now", as_bytes(request_for("none")), {})).code(), ErrorCode::kFileNotFound);
}

TEST(MethodTable, AnUnknownMethodIsToldAsStockDoes) {
  Service service;
  CallContext context;
  context.protocol = "org.example.P";
  Error error = error_of(service.table.call("no", {}, context));
  EXPECT_EQ(error.code(), ErrorCode::kNoSuchMethod);
  EXPECT_EQ(error.message(), "Unknown method no called on org.example.P protocol.");
}

TEST(MethodTable, ARequestThatCannotBeParsedIsJavasInvalidProtocolBufferException) {
  Service service;
  for (const char* method : {"now", "later", "kept"}) {
    Error broken = error_of(service.table.call(method, as_bytes("\x0a\xff"), {}));
    EXPECT_EQ(broken.java_class(), "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException");
    Error missing = error_of(service.table.call(method, {}, {}));
    EXPECT_EQ(missing.java_class(), broken.java_class());
    EXPECT_EQ(missing.message(), "Message missing required fields: protocol");
  }
}

}  // namespace
}  // namespace dfs::rpc
