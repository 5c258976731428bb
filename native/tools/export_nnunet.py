"""Turns a trained nnU-Net v2 model (TotalSegmentator's are such) into a model folder: manifest.json and .onnx files.

    pip install nnunetv2 onnx onnxruntime
    python export_nnunet.py MODEL_FOLDER OUT --licence "Apache-2.0" [--name NAME] [--task TASK] [--fast]
        [--folds 0 1 2 3 4] [--checkpoint checkpoint_final.pth] [--modality CT] [--no-mirroring] [--opset 17]

MODEL_FOLDER is what nnU-Net calls the trained model's folder: it holds plans.json, dataset.json and fold_X/, for instance
nnUNet_results/Dataset291_.../nnUNetTrainerNoMirroring__nnUNetPlans__3d_fullres. Every fold becomes one network; several are
an ensemble. Each network is compared with PyTorch on random input before anything is kept.

What the manifest says is read from the plans: spacing, patch, normalisation, axes, mirroring (that of the checkpoint),
labels or regions. Not supported, and refused: cascades, and networks whose preprocessor or resampling is not nnU-Net's own.
nnU-Net looks at voxels as they are stored, so no orientation is written; give --orientation LPS and so on when the training
images all had one, as TotalSegmentator's do (RAS).
"""

import argparse
import hashlib
import json
import os
from pathlib import Path


def normalisation(scheme, statistics, within_mask):
    if scheme == "CTNormalization":
        return {
            "method": "ct",
            "low": statistics["percentile_00_5"],
            "high": statistics["percentile_99_5"],
            "mean": statistics["mean"],
            "sd": max(statistics["std"], 1e-8),
        }
    if scheme == "ZScoreNormalization":
        return {"method": "zscore", "withinNonzero": bool(within_mask)}
    if scheme == "RescaleTo01Normalization":
        return {"method": "minmax"}
    if scheme == "RGBTo01Normalization":
        return {"method": "window", "low": 0, "high": 255}
    if scheme == "NoNormalization":
        return {"method": "none"}
    raise SystemExit(f"normalisation {scheme} is not known")


def labels_of(dataset):
    """The output channels in their order, and the activation."""
    labels = {name: value for name, value in dataset["labels"].items() if name != "ignore"}
    if any(isinstance(value, (list, tuple)) and len(value) > 1 for value in labels.values()):
        names = [name for name in labels if labels[name] not in (0, [0], (0,))]
        order = dataset["regions_class_order"]
        return [{"name": name, "value": int(value)} for name, value in zip(names, order)], "sigmoid"
    first = lambda value: int(value[0] if isinstance(value, (list, tuple)) else value)
    pairs = sorted((first(value), name) for name, value in labels.items())
    return [{"name": name, "value": value} for value, name in pairs], "softmax"


def build_manifest(plans, dataset, configuration, mirror_axes, options):
    """`mirror_axes` are those of the checkpoint, in tensor order (0 is the slowest axis)."""
    if configuration.previous_stage_name is not None:
        raise SystemExit("cascades are not supported")
    if configuration.preprocessor_name != "DefaultPreprocessor":
        raise SystemExit(f"preprocessor {configuration.preprocessor_name} is not supported")
    patch = list(configuration.patch_size)
    spacing = list(configuration.spacing)
    flat = len(patch) == 2
    if flat:
        patch, spacing = [1, *patch], [0, *spacing][-3:]
        mirror_axes = [axis + 1 for axis in mirror_axes or ()]
    forward = plans.transpose_forward
    channels = dataset.get("channel_names", dataset.get("modality"))
    order = sorted(channels, key=int)
    labels, activation = labels_of(dataset)
    entry = {
        "format": "isovox-model",
        "version": 1,
        "name": options.name or plans.dataset_name,
        "task": options.task or plans.dataset_name,
        "fast": options.fast,
        "licence": options.licence,
        "citation": options.citation,
        "modality": options.modality,
        "models": [],
        "input": {
            "spacingMm": [float(value) for value in spacing[::-1]],
            "cropToNonzero": True,
            "interpolation": "cubic",
            "anisotropy": 3,
            "channels": [
                {
                    "name": channels[key],
                    "normalise": normalisation(
                        configuration.normalization_schemes[n],
                        plans.foreground_intensity_properties_per_channel.get(str(n), {}),
                        configuration.use_mask_for_norm[n],
                    ),
                }
                for n, key in enumerate(order)
            ],
        },
        "window": {
            "patch": [int(size) for size in patch[::-1]],
            "overlap": 0.5,
            "weighting": "gaussian",
            "mirror": ["zyx"[axis] for axis in mirror_axes or ()],
        },
        "output": {"activation": activation, "labels": labels},
    }
    if options.orientation:
        entry["input"]["orientation"] = options.orientation
    elif list(forward) != [0, 1, 2]:
        entry["input"]["axes"] = [2 - forward[2 - axis] for axis in range(3)]
    return entry, flat


def export(network, patch, channels, path, opset):
    import numpy as np
    import onnxruntime
    import torch

    example = torch.randn(1, channels, *patch)
    torch.onnx.export(
        network,
        example,
        str(path),
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        opset_version=opset,
    )
    with torch.no_grad():
        wanted = network(example).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"image": example.numpy()})
    most = float(np.abs(found - wanted).max())
    if most > 1e-3 * max(1.0, float(np.abs(wanted).max())):
        raise SystemExit(f"{path.name} differs from PyTorch by {most}")
    print(f"{path.name}: differs from PyTorch by at most {most:.2g}")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--licence", required=True)
    parser.add_argument("--citation", default="Isensee et al., Nature Methods 18 (2021) 203")
    parser.add_argument("--name")
    parser.add_argument("--task")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--folds", nargs="*")
    parser.add_argument("--checkpoint", default="checkpoint_final.pth")
    parser.add_argument("--modality", default="CT", choices=["CT", "MR", "PT"])
    parser.add_argument("--orientation")
    parser.add_argument("--no-mirroring", action="store_true")
    parser.add_argument("--opset", type=int, default=17)
    options = parser.parse_args(arguments)
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        os.environ.setdefault(name, "/nonexistent")
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    folder, out = Path(options.model), Path(options.out)
    folds = options.folds or sorted(path.name.removeprefix("fold_") for path in folder.glob("fold_*"))
    folds = [fold if fold == "all" else int(fold) for fold in folds]
    predictor = nnUNetPredictor(device=torch.device("cpu"), perform_everything_on_device=False, allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(folder), folds, options.checkpoint)
    mirror = [] if options.no_mirroring else predictor.allowed_mirroring_axes
    manifest, _ = build_manifest(
        predictor.plans_manager, predictor.dataset_json, predictor.configuration_manager, mirror, options
    )
    out.mkdir(parents=True, exist_ok=True)
    network = predictor.network
    network.eval()
    for fold, parameters in zip(folds, predictor.list_of_parameters):
        network.load_state_dict(parameters)
        if hasattr(network, "decoder"):
            network.decoder.deep_supervision = False
        path = out / f"fold_{fold}.onnx"
        export(
            network,
            predictor.configuration_manager.patch_size,
            len(manifest["input"]["channels"]),
            path,
            options.opset,
        )
        manifest["models"].append({"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    print(f"{out}: {len(folds)} networks, {len(manifest['output']['labels'])} labels")


if __name__ == "__main__":
    main()
