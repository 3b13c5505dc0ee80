// Architectures as others published them: the fixture of notations and every configuration file.
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "shared_file.h"
#include "space/codec.h"
#include "space/cost.h"
#include "space/network_space.h"
#include "space/notation.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

using Json = nlohmann::json;

std::string ReadText(const std::string& path) {
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string ReadGzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  std::string text;
  char part[1 << 16];
  for (int size = 1; file != nullptr && size > 0;) {
    size = gzread(file, part, sizeof part);
    if (size > 0) text.append(part, static_cast<size_t>(size));
  }
  if (file != nullptr) gzclose(file);
  return text;
}

Space SpaceNamed(const std::string& name) {
  if (name == "nas-bench-201") return tests::NasBench201();
  if (name == "mobilenet-proxyless-gpu") return *SpaceFromMessage(tests::ProxylessGpu());
  if (name == "mobilenet-proxyless-mobile") return *SpaceFromMessage(tests::ProxylessMobile());
  if (name == "fairnas") return *SpaceFromMessage(tests::FairNas());
  if (name == "spos-shufflenet") return *SpaceFromMessage(tests::SposShuffleNet());
  if (name == "nas-bench-macro") return *SpaceFromMessage(tests::NasBenchMacro());
  return *SpaceFromMessage(tests::DartsPairs());
}

// "4 1 0 ...": a code an edge of one cell, 0 for an edge that is not kept.
std::string CellCodes(const Space& space, const Architecture& child, size_t cell_index) {
  const Cell& cell = space.network.cells[cell_index];
  std::vector<int32_t> codes(cell.edges.size(), 0);
  for (const NodeInputs& inputs : cell.node_inputs) {
    const Candidate& pair = space.choices[inputs.choice].candidates[child[inputs.choice]];
    for (const uint32_t edge : std::get<EdgeSubset>(pair.body).edges) {
      const uint32_t choice = cell.edges[edge].choice;
      codes[edge] = space.choices[choice].candidates[child[choice]].code;
    }
  }
  std::string text;
  for (const int32_t code : codes) text += (text.empty() ? "" : " ") + std::to_string(code);
  return text;
}

void CheckGenotype(const Space& space, const Json& row) {
  const auto child = ImportArchitecture(space, "", row[0].get<std::string>());
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(CellCodes(space, *child, 0), row[1].get<std::string>());
  EXPECT_EQ(CellCodes(space, *child, 1), row[2].get<std::string>());
  EXPECT_EQ(*ExportArchitecture(space, *child, "darts"), row[3].get<std::string>());
}

// `text` is what the fixture calls the architecture, `format` its notation.
void CheckCodes(const Space& space, const std::string& text, const std::string& format, const std::string& ops) {
  const auto child = ImportArchitecture(space, "", text);
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*ExportArchitecture(space, *child, "ops"), ops);
  EXPECT_EQ(*ExportArchitecture(space, *child, format), text);
  for (const std::string& other : Formats(space)) {
    const auto written = ExportArchitecture(space, *child, other);
    ASSERT_TRUE(written.ok()) << other;
    EXPECT_EQ(*ImportArchitecture(space, other, *written), *child) << *written;
  }
}

TEST(PublishedNotations, AgreeWithTheFixture) {
  NASSHRINK_SHARED_OR_SKIP(path, "fixtures/notations.json");
  const auto fixture = Json::parse(std::ifstream(path));
  int rows = 0;
  for (const auto& one : fixture["cases"]) {
    const auto name = one["space"].get<std::string>();
    const Space space = SpaceNamed(name);
    for (const auto& row : one["rows"]) {
      ++rows;
      if (name == "darts") {
        CheckGenotype(space, row);
      } else if (name == "nas-bench-201") {
        CheckCodes(space, row[1].get<std::string>(), name, row[2].get<std::string>());
      } else if (name == "nas-bench-macro") {
        CheckCodes(space, row[0].get<std::string>(), name, row[1].get<std::string>());
      } else {
        CheckCodes(space, row[0].get<std::string>(), "ops", row[0].get<std::string>());
      }
    }
  }
  EXPECT_EQ(rows, 660);
}

std::string GenotypeOf(const Json& genotype) {
  const auto cell = [&](const char* name) {
    std::string text;
    for (const auto& entry : genotype[name]) {
      text += (text.empty() ? "('" : ", ('") + entry[0].get<std::string>() + "', " + entry[1].dump() + ")";
    }
    return "[" + text + "]";
  };
  const std::string concat = genotype["concat"].dump();
  return "Genotype(normal=" + cell("normal") + ", normal_concat=" + concat + ", reduce=" + cell("reduce") +
         ", reduce_concat=" + concat + ")";
}

Space SpaceOfEntry(const Json& entry) {
  const auto kind = entry["space"].get<std::string>();
  if (kind == "darts") return SpaceNamed("darts");
  if (kind == "shufflenet_v2_oneshot") return SpaceNamed("spos-shufflenet");
  if (entry["stem_channels"] == 40) return SpaceNamed("mobilenet-proxyless-gpu");
  return SpaceNamed(entry["op_ids"].size() == 19 ? "fairnas" : "mobilenet-proxyless-mobile");
}

std::string BlocksOf(const Json& entry) {
  std::string text;
  for (const auto& layer : entry["layers"]) {
    if (!text.empty()) text += ',';
    text += layer.is_null() ? "-" : "k" + layer["kernel"].dump() + "e" + layer["expand"].dump();
  }
  return text;
}

TEST(PublishedNotations, EveryPublishedArchitectureLoads) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/configs/published_architectures.json");
  const auto file = Json::parse(std::ifstream(path));
  EXPECT_EQ(file["entries"].size(), 10U);
  for (const auto& entry : file["entries"]) {
    const Space space = SpaceOfEntry(entry);
    const bool darts = entry["space"] == "darts";
    const std::string text = darts ? GenotypeOf(entry["genotype"]) : entry["op_ids"].dump();
    const auto child = ImportArchitecture(space, "", text);
    ASSERT_TRUE(child.ok()) << entry["name"] << ": " << child.status().message();
    const auto again = ImportArchitecture(space, "", *ExportArchitecture(space, *child, darts ? "darts" : "ops"));
    EXPECT_EQ(*again, *child) << entry["name"];
    // The layers of the entry and its operator ids say the same.
    if (entry.contains("layers")) {
      EXPECT_EQ(*ImportArchitecture(space, "", BlocksOf(entry)), *child) << entry["name"];
    }
  }
}

TEST(PublishedNotations, ProxylessNetworksLoad) {
  NASSHRINK_SHARED_OR_SKIP(mobile, "data/configs/proxylessnas/proxyless_mobile.json");
  NASSHRINK_SHARED_OR_SKIP(gpu, "data/configs/proxylessnas/proxyless_gpu.json");
  struct Published {
    std::string path;
    std::string space;
    std::string ops;
    uint64_t macs;
    uint64_t params;
  };
  const Published all[] = {
      {mobile, "mobilenet-proxyless-mobile", "2 0 -1 -1 4 0 2 2 5 2 2 2 3 2 2 2 5 5 4 4 5", 320'427'584, 4'080'512},
      {gpu, "mobilenet-proxyless-gpu", "2 -1 -1 -1 4 -1 -1 0 5 -1 -1 2 3 -1 0 2 5 5 5 3 5", 465'260'160, 7'119'848}};
  for (const Published& one : all) {
    const std::string text = ReadText(one.path);
    const Space space = SpaceNamed(one.space);
    const auto child = ImportArchitecture(space, "", text);
    ASSERT_TRUE(child.ok()) << child.status().message();
    EXPECT_EQ(*ExportArchitecture(space, *child, "ops"), one.ops);
    const auto network = ImportSpace("", text);
    ASSERT_TRUE(network.ok()) << network.status().message();
    const auto cost = CostModel::Make(*network);
    ASSERT_TRUE(cost.ok()) << cost.status().message();
    EXPECT_EQ(cost->min().macs, one.macs);
    EXPECT_EQ(cost->min().params, one.params);
    // What is written holds the same blocks as the file.
    const auto written = Json::parse(*ExportArchitecture(space, *child, "proxylessnas"));
    const auto read = Json::parse(text);
    ASSERT_EQ(written["blocks"].size(), read["blocks"].size());
    for (size_t i = 0; i < read["blocks"].size(); ++i) {
      EXPECT_EQ(written["blocks"][i]["mobile_inverted_conv"], read["blocks"][i]["mobile_inverted_conv"]) << i;
      EXPECT_EQ(written["blocks"][i]["shortcut"].is_null(), read["blocks"][i]["shortcut"].is_null()) << i;
    }
    for (const char* part : {"first_conv", "feature_mix_layer", "classifier"}) {
      for (const auto& [key, value] : written[part].items()) {
        if (key == "act_func") continue;  // of a space that does not say
        EXPECT_EQ(value, read[part][key]) << part << "." << key;
      }
    }
  }
}

TEST(PublishedNotations, EveryOnceForAllNetworkLoads) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/configs/ofa_specialized_nets.json.gz");
  const auto nets = Json::parse(ReadGzip(path));
  ASSERT_EQ(nets.size(), 50U);
  for (const auto& entry : nets) {
    const auto space = ImportSpace("", entry["net"].dump());
    ASSERT_TRUE(space.ok()) << entry["name"] << ": " << space.status().message();
    const Architecture only(space->choices.size(), 0);
    EXPECT_EQ(only.size(), entry["net"]["blocks"].size());
    const auto text = ExportArchitecture(*space, only, "once-for-all");
    ASSERT_TRUE(text.ok()) << entry["name"] << ": " << text.status().message();
    EXPECT_EQ(*ImportArchitecture(*space, "", *text), only);
    EXPECT_EQ(CanonicalBytes(*ImportSpace("", *text)), CanonicalBytes(*space)) << entry["name"];
    const auto written = Json::parse(*text);
    for (size_t i = 0; i < only.size(); ++i) {
      EXPECT_EQ(written["blocks"][i]["mobile_inverted_conv"], entry["net"]["blocks"][i]["mobile_inverted_conv"]);
    }
  }
}

// Three networks are named after their multiply-adds in millions; the file does not say their resolutions.
TEST(PublishedNotations, OnceForAllNetworksCostWhatTheirNamesSay) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/configs/ofa_specialized_nets.json.gz");
  const std::map<std::string, uint32_t> resolutions = {{"flops-389M_top1-79.1_finetune-75", 224},
                                                       {"flops-482M_top1-79.6_finetune-75", 224},
                                                       {"flops-595M_top1-80.0_finetune-75", 236}};
  size_t found = 0;
  for (const auto& entry : Json::parse(ReadGzip(path))) {
    const auto name = entry["name"].get<std::string>();
    const auto resolution = resolutions.find(name);
    if (resolution == resolutions.end()) continue;
    ++found;
    const auto space = ImportSpace("", entry["net"].dump());
    ASSERT_TRUE(space.ok()) << space.status().message();
    const auto cost = CostModel::Make(*space, resolution->second);
    ASSERT_TRUE(cost.ok()) << cost.status().message();
    EXPECT_EQ(cost->min().macs / 1'000'000, std::stoull(name.substr(6, 3))) << name;
  }
  EXPECT_EQ(found, resolutions.size());
}

TEST(PublishedNotations, EveryTrainedGenotypeLoads) {
  NASSHRINK_SHARED_OR_SKIP(path, "data/darts/oncenas_darts545.csv.gz");
  const Space space = SpaceNamed("darts");
  const std::string csv = ReadGzip(path);
  int genotypes = 0;
  int with_none = 0;
  for (size_t begin = csv.find("Genotype("); begin != std::string::npos; begin = csv.find("Genotype(", begin + 1)) {
    const std::string text = csv.substr(begin, csv.find('"', begin) - begin);
    const auto child = ImportArchitecture(space, "", text);
    ++genotypes;
    // Some have "none" on an edge, which the space of DARTS leaves out.
    if (const size_t none = text.find("none"); none != std::string::npos) {
      ++with_none;
      EXPECT_EQ(child.status().details().field, "text[" + std::to_string(none) + "]");
      continue;
    }
    ASSERT_TRUE(child.ok()) << text << ": " << child.status().message();
    EXPECT_EQ(*ImportArchitecture(space, "darts", *ExportArchitecture(space, *child, "darts")), *child);
  }
  EXPECT_EQ(genotypes, 545);
  EXPECT_EQ(with_none, 359);
}

TEST(PublishedNotations, AutoSpaceFilesLoad) {
  NASSHRINK_SHARED_OR_SKIP(learned, "data/configs/autospace/autospace_search_space.json");
  NASSHRINK_SHARED_OR_SKIP(net, "data/configs/autospace/autospace_net_340M.json");
  const auto space = ImportSpace("", ReadText(learned));
  ASSERT_TRUE(space.ok()) << space.status().message();
  EXPECT_EQ(space->choices.size(), 11U);
  std::set<std::string> graphs;
  size_t cells = 0;
  for (const Choice& choice : space->choices) {
    for (const Candidate& candidate : choice.candidates) graphs.insert(candidate.label);
    cells += choice.candidates.size();
  }
  EXPECT_EQ(cells, 99U);
  EXPECT_EQ(graphs.size(), 65U);
  const auto file = Json::parse(ReadText(learned));
  Json first = Json::array();
  for (const auto& layer : file["blocks"]) first.push_back(layer[0]);
  const auto child = ImportArchitecture(*space, "", first.dump());
  ASSERT_TRUE(child.ok()) << child.status().message();
  EXPECT_EQ(*child, Architecture(11, 0));
  EXPECT_EQ(Json::parse(*ExportArchitecture(*space, *child, "autospace")), first);
  const auto network = ImportSpace("", ReadText(net));
  ASSERT_TRUE(network.ok()) << network.status().message();
  EXPECT_EQ(network->choices.size(), Json::parse(ReadText(net))["blocks"].size());
}

}  // namespace
}  // namespace nasshrink::space
