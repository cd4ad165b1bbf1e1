#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

// The public API of libdfs: C++23 and the standard library only. Everything that is exported lives in dfs::fs; nothing
// in it throws, every failure is a Result.
namespace dfs::fs {

// What a program can react to. Several Java exceptions share a code; java_class() tells them apart.
enum class ErrorCode : uint8_t {
  kIo,               // anything not listed below
  kNotFound,         // no such file or directory
  kAlreadyExists,    // the target exists
  kNotDirectory,     // a component of the path is a file
  kIsDirectory,      // a file was asked for, the path is a directory
  kNotEmpty,         // a directory with entries, and recursion was not asked for
  kInvalidArgument,  // malformed path, impossible option
  kAccessDenied,     // permissions, proxy-user rules, tokens
  kReadOnly,         // the NameNode is in safe mode
  kBusy,             // someone else is writing the file, or its recovery is under way
  kLeaseLost,        // the file that is being written is no longer ours
  kQuota,            // namespace or space quota
  kNoSpace,          // no DataNode has room
  kBlockMissing,     // no DataNode could serve the bytes
  kChecksum,         // every replica is corrupt
  kUnsupported,      // the server does not know the operation
  kConnect,          // nobody answers at the address, or its name is unknown
  kTimeout,          // no answer within the deadline
  kCancelled,        // the FileSystem was shut down meanwhile
  kClosed,           // the file was closed before
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, int error_number, std::string java_class, std::string message)
      : code_(code), error_number_(error_number), java_class_(std::move(java_class)), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  // The errno that fits best, never 0.
  int error_number() const { return error_number_; }
  // "java.io.FileNotFoundException", the class that Hadoop's own client would have thrown.
  const std::string& java_class() const { return java_class_; }
  // For people; the first line says what is wrong.
  const std::string& message() const { return message_; }

 private:
  ErrorCode code_;
  int error_number_;
  std::string java_class_;
  std::string message_;
};

template <class T>
using Result = std::expected<T, Error>;

}  // namespace dfs::fs
