#include "namenode/service/rpc_methods.h"

#include <google/protobuf/descriptor.h>

#include <set>

#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/hadoop/DatanodeProtocol.pb.h"
#include "proto/hadoop/GetUserMappingsProtocol.pb.h"
#include "proto/hadoop/NamenodeProtocol.pb.h"
#include "proto/hadoop/RefreshUserMappingsProtocol.pb.h"

namespace dfs::namenode {

std::vector<std::string> rpc_methods() {
  using namespace hadoop;
  std::set<std::string> names;
  for (const google::protobuf::Descriptor* message :
       {hdfs::CreateRequestProto::descriptor(), hdfs::datanode::HeartbeatRequestProto::descriptor(),
        hdfs::namenode::GetBlocksRequestProto::descriptor(),
        common::RefreshUserToGroupsMappingsRequestProto::descriptor(),
        common::GetGroupsForUserRequestProto::descriptor()}) {
    const google::protobuf::FileDescriptor* file = message->file();
    for (int i = 0; i < file->service_count(); ++i) {
      for (int k = 0; k < file->service(i)->method_count(); ++k) names.insert(file->service(i)->method(k)->name());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace dfs::namenode
