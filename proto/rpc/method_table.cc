#include "proto/rpc/method_table.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>

#include "proto/rpc/frames.h"

namespace dfs::rpc {

void MethodTable::insert(std::string_view name, Handler handler) {
  DFS_CHECK(entries_.try_emplace(name, std::move(handler)).second);
}

Reply MethodTable::call(std::string_view method, ByteView request, const CallContext& context) const {
  auto found = entries_.find(method);
  if (found == entries_.end()) {
    return Result<std::string>(fail(ErrorCode::kNoSuchMethod,
                                    fmt::format("Unknown method {} called on {} protocol.", method, context.protocol)));
  }
  found->second.calls.add();
  return found->second.handler(request, context);
}

uint64_t MethodTable::calls(std::string_view method) const {
  auto found = entries_.find(method);
  return found == entries_.end() ? 0 : found->second.calls.value();
}

Result<void> MethodTable::parse(ByteView bytes, google::protobuf::Message& request) {
  // Not ParseFromArray, which prints to standard error what a stranger sent.
  if (!request.ParsePartialFromArray(bytes.data(), int(bytes.size()))) {
    return fail(Error::from_java(kInvalidMessageClass, fmt::format("{} bytes are not a {}", bytes.size(),
                                                                   request.GetDescriptor()->full_name())));
  }
  if (!request.IsInitialized()) {
    return fail(Error::from_java(kInvalidMessageClass,
                                 "Message missing required fields: " + request.InitializationErrorString()));
  }
  return {};
}

std::string MethodTable::serialise(const google::protobuf::Message& response) {
  DFS_DCHECK(response.IsInitialized());
  std::string bytes;
  response.SerializePartialToString(&bytes);
  return bytes;
}

}  // namespace dfs::rpc
