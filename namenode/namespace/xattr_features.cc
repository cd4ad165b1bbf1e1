#include "namenode/namespace/xattr_features.h"

namespace dfs::namenode {
namespace {

// XAttrProto.XAttrNamespaceProto
constexpr uint8_t kSystem = 3;
constexpr uint8_t kRaw = 4;

struct Kept {
  uint8_t name_space;
  std::string_view name, feature;
};
// HdfsServerConstants
constexpr Kept kLacking[] = {{kRaw, "hdfs.crypto.encryption.zone", "an encryption zone"},
                             {kRaw, "hdfs.crypto.file.encryption.info", "an encrypted file"},
                             {kSystem, "hdfs.erasurecoding.policy", "an erasure coding policy"}};

}  // namespace

std::optional<std::string_view> feature_we_lack(const ExtendedAttribute& xattr) {
  for (const Kept& kept : kLacking) {
    if (kept.name_space == xattr.name_space && kept.name == xattr.name) return kept.feature;
  }
  return std::nullopt;
}

}  // namespace dfs::namenode
