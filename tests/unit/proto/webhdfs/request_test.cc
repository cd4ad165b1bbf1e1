#include "proto/webhdfs/request.h"

#include <gtest/gtest.h>

#include <limits>

namespace dfs::webhdfs {
namespace {

using namespace std::string_literals;

http::Fields query(std::initializer_list<std::pair<const char*, const char*>> parameters) {
  http::Fields fields;
  for (auto [name, value] : parameters) fields.add(name, value);
  return fields;
}

std::string message(const auto& result) {
  return result ? "" : result.error().message();
}

TEST(WebHdfsRequest, PathsBelowThePrefixAreThoseOfTheFileSystem) {
  EXPECT_EQ(path_of("/webhdfs/v1").value(), "/");
  EXPECT_EQ(path_of("/webhdfs/v1/").value(), "/");
  EXPECT_EQ(path_of("/webhdfs/v1/a/b c").value(), "/a/b c");
  EXPECT_EQ(path_of("/webhdfs/v1//a").value(), "//a");
  EXPECT_EQ(path_of("/webhdfs/v2/a").value(), std::nullopt);
  EXPECT_EQ(path_of("/webhdfs/v1x").value(), std::nullopt);
  EXPECT_EQ(path_of("/").value(), std::nullopt);
}

TEST(WebHdfsRequest, BytesThatAreNoNameAreRefused) {
  EXPECT_FALSE(path_of("/webhdfs/v1/a\xC0\xAF").has_value());
  EXPECT_FALSE(path_of("/webhdfs/v1/\xFF").has_value());
  EXPECT_FALSE(path_of("/webhdfs/v1/a\0b"s).has_value());
  EXPECT_TRUE(path_of("/webhdfs/v1/\xC3\xA9").has_value());
}

TEST(WebHdfsRequest, DotsColonsAndEmptyNamesCannotBeCreated) {
  for (const char* good : {"/", "/a", "/a/", "/a/b..c", "/...", "/a/.b"}) EXPECT_TRUE(is_valid_path(good)) << good;
  for (const char* bad : {"", "a", "/a/../b", "/..", "/./a", "/a//b", "//", "//a", "/a:b"}) {
    EXPECT_FALSE(is_valid_path(bad)) << bad;
  }
}

TEST(WebHdfsRequest, ParametersHaveHadoopsDefaultsAndComplaints) {
  auto fields = query({{"offset", "-1"},
                       {"length", "x"},
                       {"permission", "9"},
                       {"mode", "2000"},
                       {"overwrite", "True"},
                       {"recursive", "perhaps"},
                       {"blocksize", "null"},
                       {"empty", ""},
                       {"OP", "liststatus"}});
  Parameters parameters(fields);
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(message(parameters.integer("offset", 0, kMax)),
            "Invalid value for webhdfs parameter \"offset\": Invalid parameter range: offset = -1 < 0");
  EXPECT_EQ(message(parameters.integer("length", 0, kMax)),
            "Invalid value for webhdfs parameter \"length\": Failed to parse \"x\" as a radix-10 long integer.");
  EXPECT_EQ(parameters.integer("offset", -5, 5).value(), -1);
  EXPECT_FALSE(parameters.integer("offset", -5, -2).has_value());
  EXPECT_EQ(parameters.integer("blocksize", 0, kMax).value(), std::nullopt);
  EXPECT_EQ(parameters.integer("empty", 0, kMax).value(), std::nullopt);
  EXPECT_EQ(message(parameters.permission("permission")),
            "Invalid value for webhdfs parameter \"permission\": Failed to parse \"9\" as a radix-8 short integer.");
  EXPECT_FALSE(parameters.permission("mode").has_value());
  EXPECT_EQ(parameters.permission("other").value(), std::nullopt);
  EXPECT_TRUE(parameters.boolean("overwrite", false).value());
  EXPECT_TRUE(parameters.boolean("empty", true).value());
  EXPECT_EQ(message(parameters.boolean("recursive", false)),
            "Invalid value for webhdfs parameter \"recursive\": Failed to parse \"perhaps\" to Boolean.");
  EXPECT_EQ(parameters.operation(), "LISTSTATUS");
  EXPECT_EQ(message(parameters.required("newlength", "TRUNCATE")),
            "Required param newlength for op: TRUNCATE is null or empty");
}

TEST(WebHdfsRequest, ADestinationIsAbsoluteAndANameOfHdfs) {
  auto fields = query({{"destination", "//a///b"}, {"relative", "g"}, {"latin", "/\xE9"}});
  Parameters parameters(fields);
  EXPECT_EQ(parameters.path("destination", "RENAME").value(), "/a/b");
  EXPECT_EQ(message(parameters.path("relative", "RENAME")),
            "Invalid value for webhdfs parameter \"relative\": Invalid parameter value: relative = \"g\" is not an "
            "absolute path.");
  EXPECT_FALSE(parameters.path("latin", "RENAME").has_value());
  EXPECT_FALSE(parameters.path("none", "RENAME").has_value());
}

TEST(WebHdfsRequest, TheUserIsWhoIsNamedOrDrWho) {
  auto identity = [](http::Fields fields) { return Parameters(fields).identity(); };
  EXPECT_EQ(identity({}).value(), (security::Identity{"dr.who", ""}));
  EXPECT_EQ(identity(query({{"user.name", "alice"}})).value(), (security::Identity{"alice", ""}));
  EXPECT_EQ(identity(query({{"user.name", "knox"}, {"doas", "bob"}})).value(), (security::Identity{"bob", "knox"}));
  EXPECT_EQ(identity(query({{"user.name", "host$"}})).value(), (security::Identity{"host$", ""}));
  EXPECT_FALSE(identity(query({{"user.name", "9bad x"}})).has_value());
  EXPECT_FALSE(identity(query({{"user.name", "knox"}, {"doas", "b/b"}})).has_value());
}

TEST(WebHdfsRequest, ErrorsAreRemoteExceptionsWithTheirStatus) {
  auto missing = remote_exception(Error(ErrorCode::kFileNotFound, "File does not exist: /x"));
  EXPECT_EQ(missing.status, 404u);
  EXPECT_EQ(missing.body,
            "{\"RemoteException\":{\"exception\":\"FileNotFoundException\",\"javaClassName\":"
            "\"java.io.FileNotFoundException\",\"message\":\"File does not exist: /x\"}}");
  auto nested = remote_exception(Error(ErrorCode::kPathComponentTooLong, "long \xFF"));
  EXPECT_EQ(nested.status, 403u);
  EXPECT_NE(nested.body.find("\"exception\":\"PathComponentTooLongException\""), std::string::npos);
  EXPECT_NE(nested.body.find("long ?"), std::string::npos);
}

}  // namespace
}  // namespace dfs::webhdfs
