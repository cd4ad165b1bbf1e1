#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "proto/http/message.h"
#include "proto/security/identity.h"

// What the NameNode's and the DataNode's half of WebHDFS have in common: its paths, its parameters with Hadoop's
// defaults and complaints (org.apache.hadoop.hdfs.web.resources), its errors.
namespace dfs::webhdfs {

inline constexpr std::string_view kPrefix = "/webhdfs/v1";
// Who calls where a request names nobody (hadoop.http.staticuser.user).
inline constexpr std::string_view kNobody = "dr.who";

// The path in the file system that a URL's decoded path stands for; nothing if it is not WebHDFS's at all.
// kInvalidArgument for what cannot be a name of HDFS: bytes that are not UTF-8, and NUL.
Result<std::optional<std::string>> path_of(std::string_view url_path);
// DFSUtil.isValidName: whether something may be created there. Others answer that there is nothing.
bool is_valid_path(std::string_view path);

// The parameters of one request. The request outlives them. A parameter that is empty counts as not given. Errors are
// kInvalidArgument in Hadoop's words.
class Parameters {
 public:
  explicit Parameters(const http::Fields& query) : query_(query) {}

  std::optional<std::string> text(std::string_view name) const;
  // "Required param newlength for op: TRUNCATE is null or empty"
  Result<std::string> required(std::string_view name, std::string_view operation) const;
  Result<std::optional<int64_t>> integer(std::string_view name, int64_t min, int64_t max) const;
  Result<bool> boolean(std::string_view name, bool otherwise) const;
  // Octal, 0 to 1777.
  Result<std::optional<uint16_t>> permission(std::string_view name) const;
  // An absolute path; slashes that follow one another count as one.
  Result<std::string> path(std::string_view name, std::string_view operation) const;
  // `user.name` on whose behalf `doas` says; who that may be is not checked here.
  Result<security::Identity> identity() const;
  // In upper case; empty if none is given.
  std::string operation() const;

 private:
  const http::Fields& query_;
};

// "Invalid value for webhdfs parameter ..."
Error invalid_parameter(std::string_view name, std::string_view problem);

// {"RemoteException":{"exception":...,"javaClassName":...,"message":...}} with the status that goes with it.
http::Response remote_exception(const Error& error);
http::Response json_response(std::string body);
// 200 without a body, as operations answer that have nothing to say.
http::Response empty_response();

}  // namespace dfs::webhdfs
