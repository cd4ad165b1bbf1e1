#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/hadoop/IpcConnectionContext.pb.h"
#include "proto/hadoop/ProtobufRpcEngine2.pb.h"
#include "proto/hadoop/RpcHeader.pb.h"
#include "proto/rpc/activity.h"
#include "proto/rpc/protocol_set.h"
#include "proto/rpc/server.h"

namespace dfs::rpc {

// What an answer repeats of its call, viewed there.
struct CallHeader {
  int32_t call_id = 0;
  int32_t retry_count = -1;
  std::string_view client_id{};
};

// Appends the frame that answers a call: the serialised response or the error with its code and Java class.
void append_response(std::string& out, const CallHeader& call, const Result<std::string>& response);

// A call that has begun: what its answer needs.
struct BegunCall {
  CallHeader header() const { return {call_id, retry_count, client_id}; }

  int32_t call_id;
  int32_t retry_count;
  std::string client_id;
  metrics::Rate* rate;
  TimePoint begun;
};

struct PendingCall {
  BegunCall call;
  Reply reply;  // a coroutine
};

// The server's side of one conversation, without its input and output: takes the preamble and frames, appends answers
// to `out`, hands out the calls that have to wait. Follows org.apache.hadoop.ipc.Server.Connection.
class Session {
 public:
  struct Step {
    bool close = false;  // after what is in `out` has been sent
    std::optional<PendingCall> pending = std::nullopt;
  };

  // `activity` outlives the session.
  Session(const ProtocolSet& protocols, const security::ProxyUsers& proxy_users, Activity& activity,
          std::string client_address);

  // Requires: kPreambleBytes.
  Step preamble(ByteView bytes, std::string& out);
  // The frames that follow came at this time.
  void arrived(TimePoint now) { arrived_ = last_ = now; }
  // `frame` without its length. Valid input or not, everything has an answer.
  Step frame(ByteView frame, std::string& out);

  bool greeted() const { return greeted_; }
  // The connection context has been accepted: the user is known.
  bool established() const { return established_; }
  const std::string& user() const { return context_.user.user; }

 private:
  using ErrorDetail = hadoop::common::RpcResponseHeaderProto::RpcErrorCodeProto;

  Step call(ByteReader& reader, std::string& out);
  Step out_of_band(ByteReader& reader, std::string& out);
  Step connection_context(ByteReader& reader, std::string& out);
  Step sasl(ByteReader& reader, std::string& out);
  Reply dispatch(ByteReader& reader);
  // Answers the call at hand with FATAL, after which the connection ends.
  Step fatal(std::string& out, ErrorDetail detail, std::string_view java_class, std::string_view message);
  Step invalid_header(std::string& out, std::string_view message);

  const ProtocolSet& protocols_;
  const security::ProxyUsers& proxy_users_;
  Activity& activity_;
  bool greeted_ = false;
  bool sasl_ = false;
  bool established_ = false;
  TimePoint arrived_{};
  TimePoint last_{};  // when the last call was answered or begun, so that one reading of the clock serves two calls
  // Reused from frame to frame, so that a call allocates little.
  CallContext context_;
  hadoop::common::RpcRequestHeaderProto header_;
  hadoop::common::RequestHeaderProto request_;
};

}  // namespace dfs::rpc
