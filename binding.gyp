{
  # node-gyp enters here; the build itself is native/CMakeLists.txt, run by cmake-js. The package is published without
  # this file and with prebuilds: installing it runs nothing (gypfile in package.json).
  "targets": [
    {
      "target_name": "isovox",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["native/CMakeLists.txt"],
          "outputs": ["<(PRODUCT_DIR)/isovox.node"],
          "action": [
            "node", "<(module_root_dir)/node_modules/cmake-js/bin/cmake-js", "compile",
            "--directory", "<(module_root_dir)/native",
            "--out", "<(module_root_dir)/build/cmake"
          ]
        }
      ]
    }
  ]
}
