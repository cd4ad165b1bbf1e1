#include "namenode/service/namespace_access.h"

#include <algorithm>

namespace dfs::namenode {
namespace {

constexpr size_t kRpcClientIdBytes = 16;

}  // namespace

Caller NamespaceAccess::caller(security::Identity identity, std::string client_address, std::string rpc_client_id,
                               int32_t rpc_call_id) const {
  Caller who;
  who.groups = groups_.groups_of(identity.user);
  who.is_superuser = identity.user == settings_.superuser ||
                     std::find(who.groups.begin(), who.groups.end(), settings_.supergroup) != who.groups.end();
  who.identity = std::move(identity);
  who.client_address = std::move(client_address);
  // Hadoop's are 16 random bytes; anything else cannot be told from another caller's (ClientId.BYTE_LENGTH).
  if (rpc_client_id.size() == kRpcClientIdBytes) who.rpc_client_id = std::move(rpc_client_id);
  who.rpc_call_id = rpc_call_id;
  return who;
}

NamespaceAccess::Reading NamespaceAccess::read(Caller who) const {
  return {.view = thread_.published().view,
          .datanodes = blocks_.datanodes(),
          .caller = std::move(who),
          .settings = settings_};
}

std::string NamespaceAccess::permission_at(std::string_view path) const {
  NamespaceThread::Moment moment = thread_.published();
  Result<InodePath> found = resolve(*moment.view, path);
  if (!found || found->last() == nullptr) return "null";
  const InodeRow& inode = *found->last();
  return inode.owner + ":" + inode.group + ":" + permission_text(inode.permission);
}

}  // namespace dfs::namenode
