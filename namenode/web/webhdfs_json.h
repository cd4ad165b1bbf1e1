#pragma once

#include <string>
#include <string_view>

namespace hadoop::hdfs {
class ContentSummaryProto;
class DirectoryListingProto;
class FsServerDefaultsProto;
class GetFsStatsResponseProto;
class HdfsFileStatusProto;
class LocatedBlocksProto;
class QuotaUsageProto;
}  // namespace hadoop::hdfs

// Hadoop's messages as org.apache.hadoop.hdfs.web.JsonUtil writes them: the same members in the same order.
namespace dfs::namenode::json {

std::string file_status(const hadoop::hdfs::HdfsFileStatusProto& status);
// One element of LISTSTATUS's array.
std::string file_status_element(const hadoop::hdfs::HdfsFileStatusProto& status);
std::string directory_listing(const hadoop::hdfs::DirectoryListingProto& listing);
std::string content_summary(const hadoop::hdfs::ContentSummaryProto& summary);
std::string quota_usage(const hadoop::hdfs::QuotaUsageProto& usage);
std::string located_blocks(const hadoop::hdfs::LocatedBlocksProto& blocks);
std::string block_locations(const hadoop::hdfs::LocatedBlocksProto& blocks);
std::string server_defaults(const hadoop::hdfs::FsServerDefaultsProto& defaults);
std::string fs_status(const hadoop::hdfs::GetFsStatsResponseProto& stats);

// {"boolean":true}
std::string boolean(bool value);
// {"Path":"/user/alice"}
std::string text(std::string_view key, std::string_view value);
// {"Token":null}
std::string null(std::string_view key);

}  // namespace dfs::namenode::json
