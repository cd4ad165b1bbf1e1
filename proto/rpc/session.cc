#include "proto/rpc/session.h"

#include <fmt/format.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>

#include "proto/base/clock.h"
#include "proto/rpc/frames.h"

namespace dfs::rpc {
namespace {

using namespace hadoop::common;
using Status = RpcResponseHeaderProto;

constexpr std::string_view kRpcServerException = "org.apache.hadoop.ipc.RpcServerException";
constexpr std::string_view kVersionMismatch = "org.apache.hadoop.ipc.RPC$VersionMismatch";
constexpr std::string_view kSaslException = "javax.security.sasl.SaslException";
constexpr std::string_view kAccessControlException = "org.apache.hadoop.security.AccessControlException";

constexpr std::string_view kHttpHint =
    "HTTP/1.1 404 Not Found\r\n"
    "Content-type: text/plain\r\n\r\n"
    "It looks like you are making an HTTP request to a Hadoop IPC port. "
    "This is not the correct port for the web interface on this daemon.\r\n";

RpcResponseHeaderProto header_for(const CallHeader& call, RpcResponseHeaderProto::RpcStatusProto status) {
  RpcResponseHeaderProto header;
  header.set_callid(uint32_t(call.call_id));
  header.set_status(status);
  header.set_serveripcversionnum(kVersion);
  header.set_clientid(std::string(call.client_id));
  header.set_retrycount(call.retry_count);
  return header;
}

// As append_delimited(out, header_for(call, SUCCESS)), which would cost more than many a call.
void append_success(std::string& out, const CallHeader& call) {
  using google::protobuf::internal::WireFormatLite;
  constexpr size_t kLengthMax = 0x7F;  // that takes one byte
  constexpr size_t kOtherBytesMax = 6 + 2 + 2 + 2 + 6;
  if (call.client_id.size() > kLengthMax - kOtherBytesMax) {
    return append_delimited(out, header_for(call, Status::SUCCESS));
  }
  std::array<uint8_t, 1 + kLengthMax> bytes;
  uint8_t* end = WireFormatLite::WriteUInt32ToArray(Status::kCallIdFieldNumber, uint32_t(call.call_id), &bytes[1]);
  end = WireFormatLite::WriteEnumToArray(Status::kStatusFieldNumber, Status::SUCCESS, end);
  end = WireFormatLite::WriteUInt32ToArray(Status::kServerIpcVersionNumFieldNumber, kVersion, end);
  end = WireFormatLite::WriteTagToArray(Status::kClientIdFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED, end);
  *end++ = uint8_t(call.client_id.size());
  end = std::copy(call.client_id.begin(), call.client_id.end(), end);
  end = WireFormatLite::WriteSInt32ToArray(Status::kRetryCountFieldNumber, call.retry_count, end);
  bytes[0] = uint8_t(end - &bytes[1]);
  out.append(reinterpret_cast<const char*>(bytes.data()), size_t(end - bytes.data()));
}

void append_error(std::string& out, const CallHeader& call, RpcResponseHeaderProto::RpcStatusProto status,
                  RpcResponseHeaderProto::RpcErrorCodeProto detail, std::string_view java_class,
                  std::string_view message) {
  RpcResponseHeaderProto header = header_for(call, status);
  header.set_exceptionclassname(std::string(java_class));
  header.set_errormsg(std::string(message));
  header.set_errordetail(detail);
  size_t frame = open_frame(out);
  append_delimited(out, header);
  close_frame(out, frame);
}

RpcResponseHeaderProto::RpcErrorCodeProto detail_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSuchMethod:
      return Status::ERROR_NO_SUCH_METHOD;
    case ErrorCode::kNoSuchProtocol:
      return Status::ERROR_NO_SUCH_PROTOCOL;
    case ErrorCode::kVersionMismatch:
      return Status::ERROR_RPC_VERSION_MISMATCH;
    case ErrorCode::kRpcServer:
      return Status::ERROR_RPC_SERVER;
    default:
      return Status::ERROR_APPLICATION;
  }
}

// Server.setupBadVersionResponse: in the shape that a client of that version can read.
void append_bad_version(std::string& out, int client_version) {
  std::string message =
      fmt::format("Server IPC version {} cannot communicate with client version {}", kVersion, client_version);
  ByteWriter writer(out);
  auto string = [&](std::string_view text) {
    writer.u32(uint32_t(text.size()));
    writer.bytes(text);
  };
  if (client_version >= kVersion) {
    append_error(out, {kAuthorizationFailedCall, -1, ""}, Status::FATAL, Status::FATAL_VERSION_MISMATCH,
                 kVersionMismatch, message);
  } else if (client_version >= 3) {
    writer.u32(uint32_t(kAuthorizationFailedCall));
    writer.u32(uint32_t(-1));  // FATAL as it was
    string(kVersionMismatch);
    string(message);
  } else if (client_version == 2) {
    writer.u32(0);  // call
    writer.u8(1);   // an error
    string(kVersionMismatch);
    string(message);
  }
}

// "alice@EXAMPLE.ORG" and "nn/host@EXAMPLE.ORG" are alice and nn, as auth_to_local's default rule has it.
std::string short_name(const std::string& name) {
  return name.substr(0, name.find_first_of("/@"));
}

Result<std::string> invalid_message(std::string_view what) {
  return fail(Error::from_java(kInvalidMessageClass, std::string(what)));
}

}  // namespace

void append_response(std::string& out, const CallHeader& call, const Result<std::string>& response) {
  if (!response) {
    const Error& error = response.error();
    append_error(out, call, Status::ERROR, detail_of(error.code()), error.java_class(), error.message());
    return;
  }
  size_t frame = open_frame(out);
  append_success(out, call);
  append_delimited(out, *response);
  close_frame(out, frame);
}

Session::Session(const ProtocolSet& protocols, const security::ProxyUsers& proxy_users, Activity& activity,
                 std::string client_address)
    : protocols_(protocols), proxy_users_(proxy_users), activity_(activity) {
  context_.client_address = std::move(client_address);
}

Session::Step Session::preamble(ByteView bytes, std::string& out) {
  std::string_view magic = as_text(bytes.first(4));
  int version = int8_t(bytes[4]);
  uint8_t authentication = bytes[6];
  greeted_ = true;
  if (magic == "GET ") {
    out += kHttpHint;
    return {.close = true};
  }
  if (magic != "hrpc" || version != kVersion) {
    append_bad_version(out, version);
    return {.close = true};
  }
  if (authentication != kAuthenticationNone && authentication != kAuthenticationSasl) {
    append_error(out, {kAuthorizationFailedCall, -1, ""}, Status::FATAL, Status::FATAL_UNAUTHORIZED,
                 "org.apache.hadoop.ipc.IpcException", fmt::format("Unknown auth protocol:{}", int8_t(authentication)));
    return {.close = true};
  }
  sasl_ = authentication == kAuthenticationSasl;
  return {};
}

Session::Step Session::frame(ByteView frame, std::string& out) {
  ByteReader reader(frame);
  header_.Clear();
  Result<ByteView> bytes = read_delimited(reader);
  if (!bytes || !parse_message(*bytes, header_)) {
    header_.Clear();
    header_.set_callid(kAuthorizationFailedCall);
    return fatal(out, Status::FATAL_DESERIALIZING_REQUEST, kRpcServerException,
                 "Error decoding RpcRequestHeaderProto: not a request header");
  }
  if (!header_.has_rpcop()) return invalid_header(out, " IPC Server: No rpc op in rpcRequestHeader");
  if (header_.rpcop() != RpcRequestHeaderProto::RPC_FINAL_PACKET) {
    return invalid_header(out, "IPC Server does not implement rpc header operation" +
                                   RpcRequestHeaderProto::OperationProto_Name(header_.rpcop()));
  }
  if (!header_.has_rpckind()) return invalid_header(out, " IPC Server: No rpc kind in rpcRequestHeader");
  if (header_.callid() < 0) return out_of_band(reader, out);
  if (!established_) return invalid_header(out, "Connection context not established");
  if (header_.rpckind() != RPC_PROTOCOL_BUFFER) {
    return invalid_header(out, "Unknown rpc kind in rpc header" + RpcKindProto_Name(header_.rpckind()));
  }
  return call(reader, out);
}

Session::Step Session::out_of_band(ByteReader& reader, std::string& out) {
  switch (header_.callid()) {
    case kConnectionContextCall:
      return connection_context(reader, out);
    case kSaslCall:
      return sasl(reader, out);
    case kPingCall:
      return {};
    default:
      return invalid_header(out, fmt::format("Unknown out of band call #{}", header_.callid()));
  }
}

Session::Step Session::connection_context(ByteReader& reader, std::string& out) {
  if (sasl_) return invalid_header(out, "Connection header sent during SASL negotiation");
  if (established_) return invalid_header(out, "Connection context already processed");
  IpcConnectionContextProto message;
  Result<ByteView> bytes = read_delimited(reader);
  if (!bytes || !parse_message(*bytes, message)) {
    return fatal(out, Status::FATAL_DESERIALIZING_REQUEST, kRpcServerException,
                 "Error decoding IpcConnectionContextProto: not a connection context");
  }
  context_.user = {short_name(message.userinfo().effectiveuser()), short_name(message.userinfo().realuser())};
  // Stock takes a caller without a name for itself, the superuser.
  if (context_.user.user.empty()) {
    return fatal(out, Status::FATAL_UNAUTHORIZED, kAccessControlException, "The connection context names no user");
  }
  if (Result<void> allowed = proxy_users_.authorize(context_.user, context_.client_address); !allowed) {
    activity_.unauthorized.add();
    return fatal(out, Status::FATAL_UNAUTHORIZED, allowed.error().java_class(), allowed.error().message());
  }
  established_ = true;
  activity_.authorized.add();
  return {};
}

Session::Step Session::sasl(ByteReader& reader, std::string& out) {
  if (!sasl_) return invalid_header(out, "SASL protocol not requested by client");
  RpcSaslProto message;
  Result<ByteView> bytes = read_delimited(reader);
  if (!bytes || !parse_message(*bytes, message)) {
    return fatal(out, Status::FATAL_DESERIALIZING_REQUEST, kRpcServerException,
                 "Error decoding RpcSaslProto: not a SASL message");
  }
  switch (message.state()) {
    case RpcSaslProto::WRAP:
      return fatal(out, Status::FATAL_INVALID_RPC_HEADER, kSaslException, "Server is not wrapping data");
    case RpcSaslProto::INITIATE:
      if (message.auths_size() != 1) {
        return fatal(out, Status::FATAL_UNAUTHORIZED, kSaslException, "Client mechanism is malformed");
      }
      [[fallthrough]];
    case RpcSaslProto::NEGOTIATE: {
      // SUCCESS in answer to NEGOTIATE means: switch to SIMPLE.
      RpcSaslProto success;
      success.set_state(RpcSaslProto::SUCCESS);
      size_t frame = open_frame(out);
      append_delimited(out, header_for({kSaslCall, -1, ""}, Status::SUCCESS));
      append_delimited(out, success);
      close_frame(out, frame);
      sasl_ = false;
      return {};
    }
    default:
      return fatal(out, Status::FATAL_UNAUTHORIZED, kSaslException,
                   "Client sent unsupported state " + RpcSaslProto::SaslState_Name(message.state()));
  }
}

Session::Step Session::call(ByteReader& reader, std::string& out) {
  const TimePoint begun = last_;
  activity_.queue_time.add(begun - arrived_);
  Reply reply = dispatch(reader);
  metrics::Rate* rate = activity_.rate_of(request_.methodname());
  const auto* response = std::get_if<Result<std::string>>(&reply);
  if (response == nullptr) {
    BegunCall call{header_.callid(), header_.retrycount(), std::move(*header_.mutable_clientid()), rate, begun};
    return {.pending = PendingCall{std::move(call), std::move(reply)}};
  }
  append_response(out, {header_.callid(), header_.retrycount(), header_.clientid()}, *response);
  last_ = Clock::system().now();
  activity_.answered(rate, *response, last_ - begun);
  return {};
}

Reply Session::dispatch(ByteReader& reader) {
  Result<ByteView> bytes = read_delimited(reader);
  if (!bytes || !parse_message(*bytes, request_)) return invalid_message("The request header is not one");
  Result<ByteView> body = read_delimited(reader);
  if (!body) return invalid_message("The request is cut off");
  Result<Protocol*> protocol = protocols_.find(request_.declaringclassprotocolname(), request_.clientprotocolversion());
  if (!protocol) return Result<std::string>(fail(std::move(protocol).error()));
  context_.client_id = header_.clientid();
  context_.call_id = header_.callid();
  context_.retry_count = header_.retrycount();
  context_.caller_context = header_.callercontext().context();
  context_.caller_signature = header_.callercontext().signature();
  context_.protocol = (*protocol)->name();
  return (*protocol)->call(request_.methodname(), *body, context_);
}

Session::Step Session::fatal(std::string& out, ErrorDetail detail, std::string_view java_class,
                             std::string_view message) {
  append_error(out, {header_.callid(), header_.retrycount(), ""}, Status::FATAL, detail, java_class, message);
  return {.close = true};
}

Session::Step Session::invalid_header(std::string& out, std::string_view message) {
  return fatal(out, Status::FATAL_INVALID_RPC_HEADER, kRpcServerException, message);
}

}  // namespace dfs::rpc
