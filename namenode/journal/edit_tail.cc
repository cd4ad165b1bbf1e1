#include "namenode/journal/edit_tail.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace dfs::namenode {
namespace {

constexpr size_t kPlacesMax = 16;
// A segment may get its final name between being listed and being opened.
constexpr int kListingsMax = 3;

}  // namespace

Result<std::vector<EditTail::Copy>> EditTail::copies(TransactionId from, TransactionId durable) const {
  std::vector<Copy> found;
  std::optional<Error> error;
  for (const std::string& root : directories_) {
    const std::string directory = root + "/current";
    auto segments = list_segments(disk_, directory);
    if (!segments) {
      error = std::move(segments).error();
      continue;
    }
    for (const SegmentName& segment : *segments) {
      if (segment.first <= durable && (!segment.last || *segment.last >= from)) found.push_back({directory, segment});
    }
  }
  if (found.empty() && error) return fail(*std::move(error));
  std::ranges::sort(found, {}, [](const Copy& copy) { return std::tie(copy.segment.first, copy.directory); });
  return found;
}

Result<void> EditTail::read_copy(const Copy& copy, TransactionId& wanted, TransactionId durable, size_t count_max,
                                 std::vector<Edit>& edits) {
  DFS_TRY(auto reader, SegmentReader::open(disk_, copy.directory + "/" + copy.segment.to_string()));
  auto place = places_.find(wanted);
  if (place != places_.end() && place->second.directory == copy.directory &&
      place->second.first == copy.segment.first) {
    reader->skip_to(place->second.offset);
    places_.erase(place);
  }
  while (wanted <= durable && edits.size() < count_max) {
    DFS_TRY(std::optional<EditFrame> frame, reader->next_frame());
    if (!frame) break;
    if (frame->id < wanted) continue;
    if (frame->id > durable) break;
    auto edit = decode_edit(*frame);
    if (!edit) return fail(std::move(edit).error().within(reader->path()));
    wanted = next(edit->id);
    edits.push_back(*std::move(edit));
  }
  places_[wanted] = {copy.directory, copy.segment.first, reader->offset()};
  if (places_.size() > kPlacesMax) places_.erase(places_.begin());
  return {};
}

Result<std::vector<Edit>> EditTail::read(TransactionId from, TransactionId durable, size_t count_max) {
  std::vector<Edit> edits;
  TransactionId wanted = from;
  for (int listings = 0; wanted <= durable && edits.size() < count_max;) {
    DFS_TRY(std::vector<Copy> found, copies(wanted, durable));
    const TransactionId before = wanted;
    std::optional<Error> broken;
    for (const Copy& copy : found) {
      // Nothing is passed over that is there and cannot be read.
      if (broken && copy.segment.first > wanted) break;
      if (auto read = read_copy(copy, wanted, durable, count_max, edits); !read) broken = std::move(read).error();
      if (wanted != before) break;
    }
    if (wanted != before) continue;
    if (!broken) break;
    if (broken->code() != ErrorCode::kFileNotFound || ++listings == kListingsMax) return fail(*std::move(broken));
  }
  return edits;
}

}  // namespace dfs::namenode
