#include "namenode/web/operations.h"

namespace dfs::namenode {

const WebOperations& get_operations();
const WebOperations& put_operations();
const WebOperations& post_operations();
const WebOperations& delete_operations();

const WebOperations* web_operations(std::string_view http_method) {
  if (http_method == "GET") return &get_operations();
  if (http_method == "PUT") return &put_operations();
  if (http_method == "POST") return &post_operations();
  if (http_method == "DELETE") return &delete_operations();
  return nullptr;
}

}  // namespace dfs::namenode
