#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace dfs::namenode {

// What is known, without a look at the disk, of the answers in kRetries: the greatest call of each client in each
// period. Nearly every call that asks is new, so greater than all before, and has no answer there.
//
// `last_stored`: the greatest key that was stored when the tables were opened, empty if there was none. Nothing is
// known of its period and those before, for they may have more rows than this has seen.
class NotedCalls {
 public:
  explicit NotedCalls(std::string_view last_stored);
  // A row is written.
  void note(std::string_view key);
  // Rows before `end` are gone, and nobody asks for them.
  void forget_before(std::string_view end);
  // True: there is no such row. False: there may be.
  bool is_new(std::string_view key) const;

 private:
  using Client = std::array<char, 16>;
  struct Hash {
    size_t operator()(const Client& client) const {
      return std::hash<std::string_view>()({client.data(), client.size()});
    }
  };
  struct Period {
    bool too_many = false;  // clients, so nothing is known
    boost::unordered_flat_map<Client, uint32_t, Hash> greatest;
  };
  uint64_t known_from_;
  std::map<uint64_t, Period> periods_;
};

}  // namespace dfs::namenode
