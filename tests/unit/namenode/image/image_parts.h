#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {

using namespace hadoop::hdfs::fsimage;

// An image section by section, so that one can be changed.
struct Parts {
  struct Section {
    std::string name, bytes;
  };
  std::vector<Section> sections;
  FileSummary summary;

  static Parts of(const std::string& image) {
    Parts parts;
    const auto length = load_big_endian<uint32_t>(image.data() + image.size() - 4);
    ByteReader in(std::string_view(image).substr(image.size() - 4 - length, length));
    EXPECT_TRUE(in.varint());
    EXPECT_TRUE(parts.summary.ParseFromString(image.substr(image.size() - 4 - length + in.position(), in.remaining())));
    for (const auto& section : parts.summary.sections()) {
      parts.sections.push_back({section.name(), image.substr(section.offset(), section.length())});
    }
    return parts;
  }
  std::string& operator[](std::string_view name) {
    for (Section& section : sections) {
      if (section.name == name) return section.bytes;
    }
    sections.push_back({std::string(name), ""});
    return sections.back().bytes;
  }
  void drop(std::string_view name) {
    std::erase_if(sections, [&](const Section& section) { return section.name == name; });
  }
  std::string image() const {
    std::string bytes = "HDFSIMG1";
    FileSummary written = summary;
    written.clear_sections();
    for (const Section& section : sections) {
      auto& entry = *written.add_sections();
      entry.set_name(section.name);
      entry.set_offset(bytes.size());
      entry.set_length(section.bytes.size());
      bytes += section.bytes;
    }
    const std::string tail = delimited(written);
    bytes += tail;
    ByteWriter(bytes).u32(uint32_t(tail.size()));
    return bytes;
  }
  static std::string delimited(const google::protobuf::MessageLite& message) {
    std::string bytes;
    const std::string body = message.SerializeAsString();
    ByteWriter(bytes).varint(body.size());
    return bytes + body;
  }
};

}  // namespace dfs::namenode
