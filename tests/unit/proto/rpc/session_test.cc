#include "proto/rpc/session.h"

#include <gtest/gtest.h>

#include "proto/rpc/frames.h"

namespace dfs::rpc {
namespace {

using hadoop::common::RpcResponseHeaderProto;

TEST(RpcSession, AnAnswerIsLaidOutAsProtobufWouldWhateverItsCallWasNamed) {
  for (int32_t call_id : {0, 1, 127, 128, INT32_MAX, -33}) {
    for (int32_t retry_count : {-1, 0, 1, INT32_MAX, INT32_MIN}) {
      for (size_t length : {0u, 1u, 16u, 100u, 110u, 127u, 128u, 5000u}) {
        const std::string client_id(length, 'c');
        std::string out = "before";
        append_response(out, {call_id, retry_count, client_id}, std::string("response"));

        RpcResponseHeaderProto header;
        header.set_callid(uint32_t(call_id));
        header.set_status(RpcResponseHeaderProto::SUCCESS);
        header.set_serveripcversionnum(kVersion);
        header.set_clientid(client_id);
        header.set_retrycount(retry_count);
        std::string expected = "before";
        const size_t frame = open_frame(expected);
        append_delimited(expected, header);
        append_delimited(expected, "response");
        close_frame(expected, frame);
        ASSERT_EQ(out, expected) << call_id << ' ' << retry_count << ' ' << length;
      }
    }
  }
}

}  // namespace
}  // namespace dfs::rpc
