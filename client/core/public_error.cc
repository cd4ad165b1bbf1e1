#include "client/core/public_error.h"

#include <cerrno>

namespace dfs::client {
namespace {

// INodeFile.valueOf answers with FileNotFoundException for a directory too.
bool means_directory(const Error& error) {
  return error.code() == ErrorCode::kFileNotFound && error.message().starts_with("Path is not a file:");
}

fs::ErrorCode public_code(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kFileNotFound:
      return means_directory(error) ? fs::ErrorCode::kIsDirectory : fs::ErrorCode::kNotFound;
    case ErrorCode::kFileAlreadyExists:
      return fs::ErrorCode::kAlreadyExists;
    case ErrorCode::kParentNotDirectory:
    case ErrorCode::kPathIsNotDirectory:
      return fs::ErrorCode::kNotDirectory;
    case ErrorCode::kPathIsNotEmptyDirectory:
      return fs::ErrorCode::kNotEmpty;
    case ErrorCode::kInvalidPath:
    case ErrorCode::kInvalidPathName:
    case ErrorCode::kPathComponentTooLong:
    case ErrorCode::kMaxDirectoryItems:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kHadoopInvalidArgument:
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kAssertion:
    case ErrorCode::kConfiguration:
      return fs::ErrorCode::kInvalidArgument;
    case ErrorCode::kAccessControl:
    case ErrorCode::kAuthorization:
    case ErrorCode::kInvalidToken:
    case ErrorCode::kSecurity:
      return fs::ErrorCode::kAccessDenied;
    case ErrorCode::kSafeMode:
      return fs::ErrorCode::kReadOnly;
    case ErrorCode::kAlreadyBeingCreated:
    case ErrorCode::kRecoveryInProgress:
      return fs::ErrorCode::kBusy;
    case ErrorCode::kLeaseExpired:
      return fs::ErrorCode::kLeaseLost;
    case ErrorCode::kNamespaceQuota:
    case ErrorCode::kSpaceQuota:
    case ErrorCode::kTypeQuota:
      return fs::ErrorCode::kQuota;
    case ErrorCode::kDiskOutOfSpace:
      return fs::ErrorCode::kNoSpace;
    case ErrorCode::kChecksum:
      return fs::ErrorCode::kChecksum;
    case ErrorCode::kUnsupported:
    case ErrorCode::kNoSuchMethod:
    case ErrorCode::kNoSuchProtocol:
      return fs::ErrorCode::kUnsupported;
    case ErrorCode::kConnect:
    case ErrorCode::kEof:
    case ErrorCode::kUnknownHost:
      return fs::ErrorCode::kConnect;
    case ErrorCode::kTimeout:
      return fs::ErrorCode::kTimeout;
    case ErrorCode::kCancelled:
      return fs::ErrorCode::kCancelled;
    default:
      if (error.java_class() == "java.nio.channels.ClosedChannelException") return fs::ErrorCode::kClosed;
      return error.java_class() == "org.apache.hadoop.hdfs.BlockMissingException" ? fs::ErrorCode::kBlockMissing
                                                                                  : fs::ErrorCode::kIo;
  }
}

}  // namespace

fs::Error to_public(Error error) {
  const int error_number = means_directory(error) ? EISDIR : error.error_number();
  return fs::Error(public_code(error), error_number, std::string(error.java_class()), error.message());
}

}  // namespace dfs::client
