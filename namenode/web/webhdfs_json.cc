#include "namenode/web/webhdfs_json.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "proto/base/bytes.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/hadoop/hdfs.pb.h"

namespace dfs::namenode::json {
namespace {

namespace bj = boost::json;
using namespace hadoop::hdfs;

std::string wrapped(std::string_view key, bj::value value) {
  bj::object outer;
  outer[key] = std::move(value);
  return bj::serialize(outer);
}

// Java's longs are signed: a quota that is not set arrives as 2^64 - 1 and reads -1.
int64_t as_long(uint64_t value) {
  return int64_t(value);
}

std::string_view type_name(HdfsFileStatusProto::FileType type) {
  switch (type) {
    case HdfsFileStatusProto::IS_DIR:
      return "DIRECTORY";
    case HdfsFileStatusProto::IS_SYMLINK:
      return "SYMLINK";
    case HdfsFileStatusProto::IS_FILE:
      break;
  }
  return "FILE";
}

bj::object status_object(const HdfsFileStatusProto& status) {
  bj::object o;
  o["accessTime"] = status.access_time();
  if (status.flags() & HdfsFileStatusProto::HAS_ACL) o["aclBit"] = true;
  o["blockSize"] = status.blocksize();
  o["childrenNum"] = status.childrennum();
  if (status.flags() & HdfsFileStatusProto::HAS_EC) {
    o["ecBit"] = true;
    if (status.has_ecpolicy()) o["ecPolicy"] = status.ecpolicy().name();
  }
  if (status.flags() & HdfsFileStatusProto::HAS_CRYPT) o["encBit"] = true;
  o["fileId"] = status.fileid();
  o["group"] = status.group();
  o["length"] = status.length();
  o["modificationTime"] = status.modification_time();
  o["owner"] = status.owner();
  o["pathSuffix"] = status.path();
  o["permission"] = fmt::format("{:o}", status.permission().perm());
  o["replication"] = status.block_replication();
  if (status.flags() & HdfsFileStatusProto::SNAPSHOT_ENABLED) o["snapshotEnabled"] = true;
  o["storagePolicy"] = status.storagepolicy();
  if (status.filetype() == HdfsFileStatusProto::IS_SYMLINK) o["symlink"] = status.symlink();
  o["type"] = type_name(status.filetype());
  return o;
}

void add_quota(bj::object& o, const StorageTypeQuotaInfosProto& infos) {
  bj::object types;
  for (const auto& info : infos.typequotainfo()) {
    if (as_long(info.quota()) == -1) continue;
    bj::object type;
    type["consumed"] = info.consumed();
    type["quota"] = as_long(info.quota());
    types[StorageTypeProto_Name(info.type())] = std::move(type);
  }
  o["typeQuota"] = std::move(types);
}

// Token.encodeToUrlString: the token as a Writable, in base64 for URLs, without padding.
std::string token_url_string(const hadoop::common::TokenProto& token) {
  std::string bytes;
  ByteWriter writer(bytes);
  for (const std::string* part : {&token.identifier(), &token.password(), &token.kind(), &token.service()}) {
    writer.writable_vlong(int64_t(part->size()));
    writer.bytes(*part);
  }
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string result;
  uint32_t held = 0;
  int bits = 0;
  for (char byte : bytes) {
    held = held << 8 | uint8_t(byte);
    for (bits += 8; bits >= 6; bits -= 6) result += kDigits[held >> (bits - 6) & 63];
  }
  if (bits > 0) result += kDigits[held << (6 - bits) & 63];
  return result;
}

std::string transfer_address(const DatanodeInfoProto& node) {
  return fmt::format("{}:{}", node.id().ipaddr(), node.id().xferport());
}

bj::object datanode_object(const DatanodeInfoProto& node) {
  bj::object o;
  o["adminState"] = DatanodeInfoProto::AdminState_Name(node.adminstate());
  o["blockPoolUsed"] = node.blockpoolused();
  o["cacheCapacity"] = node.cachecapacity();
  o["cacheUsed"] = node.cacheused();
  o["capacity"] = node.capacity();
  o["dfsUsed"] = node.dfsused();
  o["hostName"] = node.id().hostname();
  o["infoPort"] = node.id().infoport();
  o["infoSecurePort"] = node.id().infosecureport();
  o["ipAddr"] = node.id().ipaddr();
  o["ipcPort"] = node.id().ipcport();
  o["lastBlockReportMonotonic"] = node.lastblockreportmonotonic();
  o["lastBlockReportTime"] = node.lastblockreporttime();
  o["lastUpdate"] = node.lastupdate();
  o["lastUpdateMonotonic"] = node.lastupdatemonotonic();
  o["name"] = transfer_address(node);
  o["networkLocation"] = node.location();
  o["remaining"] = node.remaining();
  o["storageID"] = node.id().datanodeuuid();
  if (node.has_upgradedomain()) o["upgradeDomain"] = node.upgradedomain();
  o["xceiverCount"] = node.xceivercount();
  o["xferPort"] = node.id().xferport();
  return o;
}

bj::array storage_types(const LocatedBlockProto& located) {
  bj::array types;
  for (int type : located.storagetypes()) types.emplace_back(StorageTypeProto_Name(StorageTypeProto(type)));
  return types;
}

bool is_cached(const LocatedBlockProto& located, int location) {
  return location < located.iscached_size() && located.iscached(location);
}

bj::object block_object(const LocatedBlockProto& located) {
  bj::object block;
  block["blockId"] = located.b().blockid();
  block["blockPoolId"] = located.b().poolid();
  block["generationStamp"] = located.b().generationstamp();
  block["numBytes"] = located.b().numbytes();
  bj::object token;
  token["urlString"] = token_url_string(located.blocktoken());
  bj::array locations, cached;
  for (int i = 0; i < located.locs_size(); ++i) {
    locations.emplace_back(datanode_object(located.locs(i)));
    if (is_cached(located, i)) cached.emplace_back(datanode_object(located.locs(i)));
  }
  bj::object o;
  o["block"] = std::move(block);
  o["blockToken"] = std::move(token);
  o["cachedLocations"] = std::move(cached);
  o["isCorrupt"] = located.corrupt();
  o["locations"] = std::move(locations);
  o["startOffset"] = located.offset();
  o["storageTypes"] = storage_types(located);
  return o;
}

}  // namespace

std::string file_status(const HdfsFileStatusProto& status) {
  return wrapped("FileStatus", status_object(status));
}

std::string file_status_element(const HdfsFileStatusProto& status) {
  return bj::serialize(status_object(status));
}

std::string directory_listing(const DirectoryListingProto& listing) {
  bj::array statuses;
  for (const auto& status : listing.partiallisting()) statuses.emplace_back(status_object(status));
  bj::object outer, inner, partial;
  inner["FileStatus"] = std::move(statuses);
  partial["FileStatuses"] = std::move(inner);
  outer["partialListing"] = std::move(partial);
  outer["remainingEntries"] = listing.remainingentries();
  return wrapped("DirectoryListing", std::move(outer));
}

std::string content_summary(const ContentSummaryProto& summary) {
  bj::object o;
  o["directoryCount"] = summary.directorycount();
  o["ecPolicy"] = summary.erasurecodingpolicy();
  o["fileCount"] = summary.filecount();
  o["length"] = summary.length();
  o["quota"] = as_long(summary.quota());
  o["snapshotDirectoryCount"] = summary.snapshotdirectorycount();
  o["snapshotFileCount"] = summary.snapshotfilecount();
  o["snapshotLength"] = summary.snapshotlength();
  o["snapshotSpaceConsumed"] = summary.snapshotspaceconsumed();
  o["spaceConsumed"] = summary.spaceconsumed();
  o["spaceQuota"] = as_long(summary.spacequota());
  add_quota(o, summary.typequotainfos());
  return wrapped("ContentSummary", std::move(o));
}

std::string quota_usage(const QuotaUsageProto& usage) {
  bj::object o;
  o["fileAndDirectoryCount"] = usage.fileanddirectorycount();
  o["quota"] = as_long(usage.quota());
  o["spaceConsumed"] = usage.spaceconsumed();
  o["spaceQuota"] = as_long(usage.spacequota());
  add_quota(o, usage.typequotainfos());
  return wrapped("QuotaUsage", std::move(o));
}

std::string located_blocks(const LocatedBlocksProto& blocks) {
  bj::array array;
  for (const auto& block : blocks.blocks()) array.emplace_back(block_object(block));
  bj::object o;
  o["fileLength"] = blocks.filelength();
  o["isLastBlockComplete"] = blocks.islastblockcomplete();
  o["isUnderConstruction"] = blocks.underconstruction();
  o["lastLocatedBlock"] = blocks.has_lastblock() ? bj::value(block_object(blocks.lastblock())) : bj::value(nullptr);
  o["locatedBlocks"] = std::move(array);
  return wrapped("LocatedBlocks", std::move(o));
}

std::string block_locations(const LocatedBlocksProto& blocks) {
  bj::array array;
  for (const auto& located : blocks.blocks()) {
    bj::array topology, cached, names, hosts;
    for (int i = 0; i < located.locs_size(); ++i) {
      const auto& node = located.locs(i);
      topology.emplace_back(fmt::format("{}/{}", node.location(), transfer_address(node)));
      names.emplace_back(transfer_address(node));
      hosts.emplace_back(node.id().hostname());
      if (is_cached(located, i)) cached.emplace_back(node.id().hostname());
    }
    bj::object o;
    o["topologyPaths"] = std::move(topology);
    o["corrupt"] = located.corrupt();
    o["cachedHosts"] = std::move(cached);
    o["names"] = std::move(names);
    o["offset"] = located.offset();
    o["hosts"] = std::move(hosts);
    o["length"] = located.b().numbytes();
    o["storageTypes"] = storage_types(located);
    array.emplace_back(std::move(o));
  }
  bj::object outer;
  outer["BlockLocation"] = std::move(array);
  return wrapped("BlockLocations", std::move(outer));
}

std::string server_defaults(const FsServerDefaultsProto& defaults) {
  bj::object o;
  o["replication"] = defaults.replication();
  o["encryptDataTransfer"] = defaults.encryptdatatransfer();
  o["defaultStoragePolicyId"] = defaults.policyid();
  o["writePacketSize"] = defaults.writepacketsize();
  o["fileBufferSize"] = defaults.filebuffersize();
  o["checksumType"] = int(defaults.checksumtype());
  o["trashInterval"] = defaults.trashinterval();
  o["keyProviderUri"] = defaults.keyprovideruri();
  o["blockSize"] = defaults.blocksize();
  o["bytesPerChecksum"] = defaults.bytesperchecksum();
  return wrapped("FsServerDefaults", std::move(o));
}

std::string fs_status(const GetFsStatsResponseProto& stats) {
  bj::object o;
  o["used"] = stats.used();
  o["remaining"] = stats.remaining();
  o["capacity"] = stats.capacity();
  return wrapped("FsStatus", std::move(o));
}

std::string boolean(bool value) {
  return wrapped("boolean", value);
}
std::string text(std::string_view key, std::string_view value) {
  return wrapped(key, bj::string(value));
}
std::string null(std::string_view key) {
  return wrapped(key, nullptr);
}

}  // namespace dfs::namenode::json
