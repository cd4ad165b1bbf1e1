#include "tools/fuse/mounted.h"

namespace dfs::fuse {
namespace {

Mounted& mounted() {
  return *static_cast<Mounted*>(fuse_get_context()->private_data);
}

void* start(fuse_conn_info* connection, fuse_config* settings) {
  connection->max_background = 64;
  settings->use_ino = 1;
  // A removed file is gone, as everywhere in HDFS; renaming it to .fuse_hidden... would show to other clients.
  settings->hard_remove = 1;
  return fuse_get_context()->private_data;
}

fuse_operations table() {
  fuse_operations t = {};
  t.init = start;
  t.destroy = [](void* self) { static_cast<Mounted*>(self)->finish(); };
  t.getattr = [](const char* path, struct stat* to, fuse_file_info*) { return mounted().getattr(path, to); };
  t.readlink = [](const char* path, char* to, size_t size) { return mounted().readlink(path, to, size); };
  t.mkdir = [](const char* path, mode_t mode) { return mounted().mkdir(path, mode); };
  t.unlink = [](const char* path) { return mounted().unlink(path); };
  t.rmdir = [](const char* path) { return mounted().rmdir(path); };
  t.rename = [](const char* from, const char* to, unsigned flags) { return mounted().rename(from, to, flags); };
  t.chmod = [](const char* path, mode_t mode, fuse_file_info*) { return mounted().chmod(path, mode); };
  t.chown = [](const char* path, uid_t user, gid_t group, fuse_file_info*) {
    return mounted().chown(path, user, group);
  };
  t.truncate = [](const char* path, off_t length, fuse_file_info* info) {
    return mounted().truncate(path, length, info);
  };
  t.utimens = [](const char* path, const timespec* times, fuse_file_info*) { return mounted().utimens(path, times); };
  t.create = [](const char* path, mode_t mode, fuse_file_info* info) { return mounted().create(path, mode, info); };
  t.open = [](const char* path, fuse_file_info* info) { return mounted().open(path, info); };
  t.read = [](const char* path, char* to, size_t size, off_t offset, fuse_file_info* info) {
    return mounted().read(path, to, size, offset, info);
  };
  t.write = [](const char* path, const char* from, size_t size, off_t offset, fuse_file_info* info) {
    return mounted().write(path, from, size, offset, info);
  };
  t.flush = [](const char* path, fuse_file_info* info) { return mounted().flush(path, info); };
  t.fsync = [](const char*, int, fuse_file_info* info) { return mounted().fsync(info); };
  t.release = [](const char* path, fuse_file_info* info) { return mounted().release(path, info); };
  t.opendir = [](const char* path, fuse_file_info* info) { return mounted().opendir(path, info); };
  t.readdir = [](const char*, void* buffer, fuse_fill_dir_t fill, off_t offset, fuse_file_info* info,
                 fuse_readdir_flags) { return mounted().readdir(buffer, fill, offset, info); };
  t.releasedir = [](const char*, fuse_file_info* info) { return mounted().releasedir(info); };
  t.statfs = [](const char*, struct statvfs* to) { return mounted().statfs(to); };
  return t;
}

}  // namespace

const fuse_operations& Mounted::operations() {
  static const fuse_operations operations = table();
  return operations;
}

}  // namespace dfs::fuse
