#include "space/validate.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "space/codec.h"
#include "space/operators.h"
#include "space/published_spaces.h"

namespace nasshrink::space {
namespace {

v1::SearchSpace Nb201() {
  v1::SearchSpace message;
  SpaceToMessage(tests::NasBench201(), &message);
  return message;
}

v1::Attribute* FirstAttribute(v1::SearchSpace& m) {
  return m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->mutable_attributes(0);
}

struct Case {
  const char* name;
  const char* field;
  void (*change)(v1::SearchSpace& message);
  v1::SearchSpace (*start)() = &Nb201;
};

class Refused : public testing::TestWithParam<Case> {};

TEST_P(Refused, NamesFieldValueAndWhatIsAllowed) {
  v1::SearchSpace message = GetParam().start();
  GetParam().change(message);
  const auto space = SpaceFromMessage(message);
  ASSERT_EQ(space.status().code(), base::Code::kInvalidArgument);
  const auto& details = space.status().details();
  EXPECT_EQ(details.field, GetParam().field) << space.status().message();
  EXPECT_FALSE(details.allowed.empty()) << space.status().message();
  EXPECT_EQ(space.status().message().find('\n'), std::string::npos);
}

using M = v1::SearchSpace&;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

v1::SearchSpace Grouped() {
  v1::SearchSpace message = Nb201();
  for (const uint32_t first : {0, 2}) {
    v1::SharingGroup* group = message.add_sharing_groups();
    group->add_choices(first);
    group->add_choices(first + 1);
  }
  return message;
}

v1::SearchSpace Open() { return tests::AutoSpaceOpen(2); }
v1::SearchSpace Learned() { return tests::AutoSpaceLearned(2); }

INSTANTIATE_TEST_SUITE_P(
    Top, Refused,
    testing::Values(Case{"Version", "schema_version", [](M m) { m.set_schema_version(2); }},
                    Case{"NameLength", "name", [](M m) { m.set_name(std::string(257, 'x')); }},
                    Case{"NameUtf8", "name", [](M m) { m.set_name("caf\xe9"); }},
                    Case{"NameSurrogate", "name", [](M m) { m.set_name("\xed\xa0\x80"); }},
                    Case{"NameOverlong", "name", [](M m) { m.set_name("\xc0\xaf"); }},
                    Case{"NoChoices", "choices", [](M m) { m.clear_choices(); }},
                    Case{"NoLayers", "network.layers", [](M m) { m.mutable_network()->clear_layers(); }},
                    Case{"NoClasses", "network.classes", [](M m) { m.mutable_network()->set_classes(0); }},
                    Case{"NoChannels", "network.input_channels",
                         [](M m) { m.mutable_network()->set_input_channels(0); }},
                    Case{"Height", "network.input_height", [](M m) { m.mutable_network()->set_input_height(65537); }},
                    Case{"Width", "network.input_width", [](M m) { m.mutable_network()->set_input_width(0); }},
                    Case{"TooLarge", "network.layers[0]",
                         [](M m) {
                           m.mutable_network()->set_input_height(65536);
                           m.mutable_network()->set_input_width(4096);
                         }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Choices, Refused,
    testing::Values(Case{"DuplicateKey", "choices[3].key", [](M m) { m.mutable_choices(3)->set_key("2<-1"); }},
                    Case{"EmptyKey", "choices[2].key", [](M m) { m.mutable_choices(2)->clear_key(); }},
                    Case{"KeyUtf8", "choices[2].key", [](M m) { m.mutable_choices(2)->set_key("\xff"); }},
                    Case{"LabelUtf8", "choices[2].candidates[1].label",
                         [](M m) { m.mutable_choices(2)->mutable_candidates(1)->set_label("\x80"); }},
                    Case{"DuplicateCode", "choices[2].candidates[4].code",
                         [](M m) { m.mutable_choices(2)->mutable_candidates(4)->set_code(1); }},
                    Case{"Empty", "choices[2].candidates", [](M m) { m.mutable_choices(2)->clear_candidates(); }},
                    Case{"NoBody", "choices[2].candidates[1].body",
                         [](M m) { m.mutable_choices(2)->mutable_candidates(1)->clear_body(); }},
                    Case{"WrongBody", "choices[2].candidates[1].body",
                         [](M m) { m.mutable_choices(2)->mutable_candidates(1)->mutable_edges()->add_edges(0); }},
                    Case{"AliveRange", "choices[2].alive[1]",
                         [](M m) {
                           m.mutable_choices(2)->add_alive(0);
                           m.mutable_choices(2)->add_alive(5);
                         }},
                    Case{"AliveOrder", "choices[2].alive[1]",
                         [](M m) {
                           m.mutable_choices(2)->add_alive(3);
                           m.mutable_choices(2)->add_alive(3);
                         }},
                    Case{"Unused", "choices[6]",
                         [](M m) {
                           *m.add_choices() = m.choices(0);
                           m.mutable_choices(6)->set_key("nowhere");
                         }},
                    Case{"GrammarOnEdge", "choices[0].grammar",
                         [](M m) { *m.mutable_choices(0) = tests::AutoSpaceOpen(1).choices(0); }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Operators, Refused,
    testing::Values(
        Case{"UnknownKind", "choices[1].candidates[2].op.kind",
             [](M m) { m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->set_kind("warp"); }},
        Case{"WrongPlace", "choices[1].candidates[2].op.kind",
             [](M m) { m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->set_kind("linear"); }},
        Case{"KindUtf8", "choices[1].candidates[2].op.kind",
             [](M m) { m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->set_kind("\xfe"); }},
        Case{"UnknownAttribute", "choices[1].candidates[2].op.attributes[0].name",
             [](M m) { FirstAttribute(m)->set_name("karnel"); }},
        Case{"MissingAttribute", "choices[1].candidates[2].op.attributes",
             [](M m) { m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->clear_attributes(); }},
        Case{"Mistyped", "choices[1].candidates[2].op.attributes[0]", [](M m) { FirstAttribute(m)->set_text("3"); }},
        Case{"RealForInteger", "choices[1].candidates[2].op.attributes[0]",
             [](M m) { FirstAttribute(m)->set_real(3); }},
        Case{"NotFinite", "choices[1].candidates[2].op.attributes[0].real",
             [](M m) { FirstAttribute(m)->set_real(kNan); }},
        Case{"NoValue", "choices[1].candidates[2].op.attributes[0].value",
             [](M m) { FirstAttribute(m)->clear_value(); }},
        Case{"EvenKernel", "choices[1].candidates[2].op.attributes[0].integer",
             [](M m) { FirstAttribute(m)->set_integer(4); }},
        Case{"HugeKernel", "choices[1].candidates[2].op.attributes[0].integer",
             [](M m) { FirstAttribute(m)->set_integer(1LL << 40); }},
        Case{"Twice", "choices[1].candidates[2].op.attributes[1].name",
             [](M m) {
               *m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->add_attributes() = *FirstAttribute(m);
             }},
        Case{"GraphOnOther", "choices[1].candidates[2].op.graph",
             [](M m) { m.mutable_choices(1)->mutable_candidates(2)->mutable_op()->add_graph()->set_kind("relu"); }},
        Case{"EmptyGraph", "choices[1].candidates[1].op.graph",
             [](M m) { m.mutable_choices(1)->mutable_candidates(1)->mutable_op()->set_kind("graph"); }},
        Case{"GraphInputs", "choices[1].candidates[1].op.graph[0].inputs[0]",
             [](M m) {
               v1::OperatorDef* op = m.mutable_choices(1)->mutable_candidates(1)->mutable_op();
               op->set_kind("graph");
               op->add_graph()->set_kind("relu");
               op->mutable_graph(0)->add_inputs(1);
             }},
        Case{"GraphArity", "choices[1].candidates[1].op.graph[0].inputs",
             [](M m) {
               v1::OperatorDef* op = m.mutable_choices(1)->mutable_candidates(1)->mutable_op();
               op->set_kind("graph");
               op->add_graph()->set_kind("add");
               op->mutable_graph(0)->add_inputs(0);
             }},
        Case{"IdentityWhereTheShapeChanges", "choices[4].candidates[6].op",
             [](M m) {
               v1::Candidate* candidate = m.mutable_choices(4)->add_candidates();
               candidate->set_code(-1);
               candidate->mutable_op()->set_kind("identity");
             },
             &tests::ProxylessGpu}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Wiring, Refused,
    testing::Values(
        Case{"Backward", "network.cells[0].edges[2].from",
             [](M m) { m.mutable_network()->mutable_cells(0)->mutable_edges(2)->set_from(2); }},
        Case{"EdgeOrder", "network.cells[0].edges[4]",
             [](M m) { m.mutable_network()->mutable_cells(0)->mutable_edges()->SwapElements(3, 4); }},
        Case{"EdgeIntoInput", "network.cells[0].edges[0].to",
             [](M m) { m.mutable_network()->mutable_cells(0)->mutable_edges(0)->set_to(0); }},
        Case{"EdgeOutside", "network.cells[0].edges[5].to",
             [](M m) { m.mutable_network()->mutable_cells(0)->mutable_edges(5)->set_to(4); }},
        Case{"EdgeChoice", "network.cells[0].edges[1].choice",
             [](M m) { m.mutable_network()->mutable_cells(0)->mutable_edges(1)->set_choice(6); }},
        Case{"Nodes", "network.cells[0].nodes", [](M m) { m.mutable_network()->mutable_cells(0)->set_nodes(33); }},
        Case{"UnreachedNode", "network.cells[0].nodes",
             [](M m) { m.mutable_network()->mutable_cells(0)->set_nodes(5); }},
        Case{"Inputs", "network.cells[0].inputs", [](M m) { m.mutable_network()->mutable_cells(0)->set_inputs(4); }},
        Case{"NoOutputs", "network.cells[0].outputs",
             [](M m) { m.mutable_network()->mutable_cells(0)->clear_outputs(); }},
        Case{"Output", "network.cells[0].outputs[0]",
             [](M m) { m.mutable_network()->mutable_cells(0)->set_outputs(0, 0); }},
        Case{"UnusedCell", "network.cells[1]",
             [](M m) {
               *m.mutable_network()->add_cells() = m.network().cells(0);
               m.mutable_network()->mutable_cells(1)->set_key("other");
             }},
        Case{"CellKey", "network.cells[1].key", [](M m) { *m.mutable_network()->add_cells() = m.network().cells(0); }},
        Case{"LayerCell", "network.layers[1].cell", [](M m) { m.mutable_network()->mutable_layers(1)->set_cell(1); }},
        Case{"LayerChoice", "network.layers[1].choice",
             [](M m) { m.mutable_network()->mutable_layers(1)->set_choice(9); }},
        Case{"LayerBody", "network.layers[1].body", [](M m) { m.mutable_network()->mutable_layers(1)->clear_body(); }},
        Case{"Stride", "network.layers[1].stride", [](M m) { m.mutable_network()->mutable_layers(1)->set_stride(17); }},
        Case{"OutChannels", "network.layers[0].out_channels",
             [](M m) { m.mutable_network()->mutable_layers(0)->set_out_channels(65537); }},
        Case{"OddPicture", "network.layers[6]", [](M m) { m.mutable_network()->set_input_height(31); }},
        Case{"ResidualStride", "network.layers[6].stride",
             [](M m) { m.mutable_network()->mutable_layers(6)->set_stride(1); }},
        Case{"ClassifierWithoutPool", "network.layers[19]",
             [](M m) { m.mutable_network()->mutable_layers()->DeleteSubrange(19, 1); }},
        Case{"AfterClassifier", "network.layers[21]",
             [](M m) { *m.mutable_network()->add_layers() = m.network().layers(18); }}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Groups, Refused,
                         testing::Values(Case{"Overlap", "sharing_groups[1].choices[0]",
                                              [](M m) { m.mutable_sharing_groups(1)->set_choices(0, 1); }, &Grouped},
                                         Case{"Range", "sharing_groups[1].choices[1]",
                                              [](M m) { m.mutable_sharing_groups(1)->set_choices(1, 6); }, &Grouped},
                                         Case{"Order", "sharing_groups[0].choices[1]",
                                              [](M m) { m.mutable_sharing_groups(0)->set_choices(1, 0); }, &Grouped},
                                         Case{"GroupOrder", "sharing_groups[1]",
                                              [](M m) { m.mutable_sharing_groups()->SwapElements(0, 1); }, &Grouped},
                                         Case{"Alone", "sharing_groups[0].choices",
                                              [](M m) { m.mutable_sharing_groups(0)->mutable_choices()->RemoveLast(); },
                                              &Grouped}),
                         [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Cells, Refused,
    testing::Values(
        Case{"GrammarBesideCandidates", "choices[0].candidates",
             [](M m) { *m.mutable_choices(0)->add_candidates() = Learned().choices(0).candidates(0); }, &Open},
        Case{"GrammarNodes", "choices[0].grammar.nodes",
             [](M m) { m.mutable_choices(0)->mutable_grammar()->set_nodes(17); }, &Open},
        Case{"GrammarRatios", "choices[0].grammar.ratios[1]",
             [](M m) { m.mutable_choices(0)->mutable_grammar()->set_ratios(1, 1); }, &Open},
        Case{"GrammarOperators", "choices[0].grammar.operators",
             [](M m) { m.mutable_choices(0)->mutable_grammar()->clear_operators(); }, &Open},
        Case{"GrammarMerge", "choices[0].grammar.merges[0]",
             [](M m) { m.mutable_choices(0)->mutable_grammar()->set_merges(0, static_cast<v1::Merge>(7)); }, &Open},
        Case{"CellRatio", "choices[1].candidates[3].cell.ratio",
             [](M m) { m.mutable_choices(1)->mutable_candidates(3)->mutable_cell()->set_ratio(0); }, &Learned},
        Case{"CellMerges", "choices[1].candidates[3].cell.merges",
             [](M m) { m.mutable_choices(1)->mutable_candidates(3)->mutable_cell()->clear_merges(); }, &Learned},
        Case{"CellEdge", "choices[1].candidates[3].cell.edges[0]",
             [](M m) { m.mutable_choices(1)->mutable_candidates(3)->mutable_cell()->mutable_edges(0)->set_from(1); },
             &Learned},
        Case{"SubsetOfAnotherNode", "choices[14].candidates[0].edges.edges[1]",
             [](M m) { m.mutable_choices(14)->mutable_candidates(0)->mutable_edges()->set_edges(1, 2); },
             &tests::DartsPairs},
        Case{"EmptySubset", "choices[15].candidates[0].edges.edges",
             [](M m) { m.mutable_choices(15)->mutable_candidates(0)->mutable_edges()->clear_edges(); },
             &tests::DartsPairs},
        Case{"PairsUsedTwice", "choices[15]",
             [](M m) { m.mutable_network()->mutable_cells(1)->mutable_node_inputs(1)->set_choice(15); },
             &tests::DartsPairs},
        Case{"OutputsShareChannels", "network.layers[1].out_channels",
             [](M m) { m.mutable_network()->mutable_layers(1)->set_out_channels(30); }, &tests::DartsPairs}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Validate, TakesTextOfAllLengthsOfUtf8) {
  v1::SearchSpace message = Nb201();
  message.set_name("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8d");
  EXPECT_TRUE(SpaceFromMessage(message).ok());
}

TEST(OperatorKinds, AscendByNameWithAscendingAttributes) {
  std::string_view before;
  for (const OperatorKind& kind : OperatorKinds()) {
    EXPECT_LT(before, kind.name);
    before = kind.name;
    EXPECT_EQ(FindOperatorKind(kind.name), &kind);
    EXPECT_NE(kind.places, 0);
    EXPECT_FALSE(kind.help.empty());
    std::string_view last;
    for (const AttributeSchema& attribute : kind.attributes) {
      EXPECT_LT(last, attribute.name) << kind.name;
      last = attribute.name;
    }
  }
  EXPECT_EQ(FindOperatorKind("zzz"), nullptr);
}

}  // namespace
}  // namespace nasshrink::space
