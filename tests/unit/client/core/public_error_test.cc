#include "client/core/public_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace dfs::client {
namespace {

TEST(PublicError, KeepsClassMessageAndErrno) {
  fs::Error error = to_public(Error(ErrorCode::kFileNotFound, "File does not exist: /x"));
  EXPECT_EQ(error.code(), fs::ErrorCode::kNotFound);
  EXPECT_EQ(error.error_number(), ENOENT);
  EXPECT_EQ(error.java_class(), "java.io.FileNotFoundException");
  EXPECT_EQ(error.message(), "File does not exist: /x");
}

TEST(PublicError, AnUnknownClassIsKeptAsItIs) {
  fs::Error error = to_public(Error::from_java("com.example.OddException", "odd"));
  EXPECT_EQ(error.code(), fs::ErrorCode::kIo);
  EXPECT_EQ(error.java_class(), "com.example.OddException");
}

TEST(PublicError, ReadingADirectoryIsNotAMissingFile) {
  fs::Error error = to_public(Error(ErrorCode::kFileNotFound, "Path is not a file: /d"));
  EXPECT_EQ(error.code(), fs::ErrorCode::kIsDirectory);
  EXPECT_EQ(error.error_number(), EISDIR);
}

}  // namespace
}  // namespace dfs::client
