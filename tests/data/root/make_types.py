"""Make a tree of branches of many types with ROOT: python make_types.py types.root."""

import sys

import ROOT

ROOT.gInterpreter.Declare("""
void make(const char* path) {
  TFile file(path, "RECREATE");
  TTree tree("events", "");
  Long64_t event; ULong64_t id; UInt_t u4; UShort_t u2; UChar_t u1; Short_t s2; Char_t s1;
  Bool_t flag;
  Double32_t d32, d32_range, d32_jets[8]; Float16_t f16, f16_range;
  int n; float pt[8], eta[8], fixed[3], matrix[2][2];
  struct { float pt, eta; int charge; bool tight; } lepton;
  struct { float pt[2]; } pair;
  std::vector<float> mass; std::vector<bool> tight; std::vector<ULong64_t> ids;
  std::vector<std::vector<float>> deep; std::string text;
  tree.Branch("event", &event, "event/L"); tree.Branch("id", &id, "id/l");
  tree.Branch("u4", &u4, "u4/i"); tree.Branch("u2", &u2, "u2/s"); tree.Branch("u1", &u1, "u1/b");
  tree.Branch("s2", &s2, "s2/S"); tree.Branch("s1", &s1, "s1/B");
  tree.Branch("flag", &flag, "flag/O");
  tree.Branch("d32", &d32, "d32/d"); tree.Branch("d32_range", &d32_range, "d32_range/d[0,100,16]");
  tree.Branch("f16", &f16, "f16/f"); tree.Branch("f16_range", &f16_range, "f16_range/f[0,100,12]");
  tree.Branch("n", &n, "n/I"); tree.Branch("pt", pt, "pt[n]/F");
  tree.Branch("eta", eta, "eta[n]/F");
  tree.Branch("d32_jets", d32_jets, "d32_jets[n]/d");
  tree.Branch("fixed", fixed, "fixed[3]/F"); tree.Branch("matrix", matrix, "matrix[2][2]/F");
  tree.Branch("lep", &lepton, "pt/F:eta/F:charge/I:tight/O"); tree.Branch("pair", &pair, "pt[2]/F");
  tree.Branch("with.dot", &s2, "dot/S"); tree.Branch("with/slash", &s2, "slash/S");
  tree.Branch("mass", &mass); tree.Branch("tight", &tight); tree.Branch("ids", &ids);
  tree.Branch("deep", &deep); tree.Branch("text", &text);
  for (int i = 0; i < 40; i++) {
    event = (1LL << 53) + i; id = ~0ULL - i; u4 = ~0u - i; u2 = 65535 - i; u1 = 255 - i;
    s2 = -100 * i; s1 = -i; flag = i % 3 == 0;
    d32 = 0.1 * i; d32_range = 2.3 * i; f16 = 0.1 * i; f16_range = 2.3 * i;
    n = (i * 7) % 5; mass.clear(); tight.clear(); ids.clear(); deep.clear();
    for (int k = 0; k < n; k++) {
      pt[k] = 80.f / (k + 1) - i; eta[k] = 0.5f * k - 0.125f * i; d32_jets[k] = 0.1 * i + k;
      mass.push_back(pt[k] / 8); tight.push_back(pt[k] > 20); ids.push_back(id - k);
      deep.push_back(std::vector<float>(k, 1.f));
    }
    for (int k = 0; k < 3; k++) fixed[k] = i + 0.25f * k;
    for (int k = 0; k < 4; k++) matrix[k / 2][k % 2] = i + k;
    lepton.pt = 100 - i; lepton.eta = 0.25f * i; lepton.charge = i % 2 ? 1 : -1;
    lepton.tight = i % 2;
    pair.pt[0] = i; pair.pt[1] = -i; text = i % 2 ? "signal" : "background";
    tree.Fill();
  }
  tree.Write();
}""")
ROOT.make(sys.argv[1])
