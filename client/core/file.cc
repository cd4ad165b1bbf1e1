#include "dfs/file.h"

#include "client/core/public_error.h"
#include "client/read/input_stream.h"
#include "client/write/output_stream.h"

namespace dfs::fs {

using client::to_public;

InputFile::InputFile(std::shared_ptr<client::InputStream> stream) : stream_(std::move(stream)) {}
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;
InputFile::~InputFile() = default;

Result<size_t> InputFile::read(void* to, size_t length) {
  return to_public(stream_->read({static_cast<uint8_t*>(to), length}));
}
Result<size_t> InputFile::pread(uint64_t offset, void* to, size_t length) {
  return to_public(stream_->pread(offset, {static_cast<uint8_t*>(to), length}));
}
Result<void> InputFile::seek(uint64_t offset) {
  return to_public(stream_->seek(offset));
}
uint64_t InputFile::position() const {
  return stream_->position();
}
uint64_t InputFile::length() const {
  return stream_->length();
}
Result<void> InputFile::refresh() {
  return to_public(stream_->refresh());
}
void InputFile::close() {
  stream_->close();
}

OutputFile::OutputFile(std::shared_ptr<client::OutputStream> stream) : stream_(std::move(stream)) {}
OutputFile::OutputFile(OutputFile&&) noexcept = default;
OutputFile& OutputFile::operator=(OutputFile&&) noexcept = default;
OutputFile::~OutputFile() = default;

Result<void> OutputFile::write(const void* from, size_t length) {
  return to_public(stream_->write({static_cast<const uint8_t*>(from), length}));
}
Result<void> OutputFile::hflush() {
  return to_public(stream_->hflush());
}
Result<void> OutputFile::hsync() {
  return to_public(stream_->hsync());
}
Result<void> OutputFile::close() {
  return to_public(stream_->close());
}
void OutputFile::abandon() {
  stream_->abandon();
}
void OutputFile::give_up_at(std::chrono::steady_clock::time_point when) {
  stream_->give_up_at(when);
}
uint64_t OutputFile::position() const {
  return stream_->position();
}

}  // namespace dfs::fs
