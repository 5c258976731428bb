"""Makes test/golden/nnunet/: a randomly initialised nnU-Net as a model folder, volumes, and what nnU-Net makes of them.

    pip install torch==2.4.1 nnunetv2==2.5.2 onnx==1.16.2 onnxruntime==1.20.1 numpy==1.26.4
    python test/oracles/nnunet.py

The predictor is nnunetv2's own (nnUNetPredictor, mirroring, Gaussian weights, tile step 0.5), with its default preprocessor
and resampling. It adds tiles up in half precision; `labels` and `logits` are of the same code with
torch.half standing for torch.float32, `half_labels` of the code as it is. Logits are those on the source grid before
argmax, at every third voxel. Each .bin.gz holds the volume (int16), labels, half_labels (uint8) and logits (float32).
"""

import gzip
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
    os.environ.setdefault(name, "/nonexistent")

import torch
import nnunetv2.inference.predict_from_raw_data as module
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "native" / "tools"))
import export_nnunet

OUT = HERE.parent / "golden" / "nnunet"
# (name, size z y x, spacing z y x): isotropic-like, coarse slices (resampled apart), smaller than the patch.
CASES = [
    ("plain", (30, 44, 38), (2.2, 1.1, 1.3)),
    ("coarse", (14, 40, 36), (6.0, 1.2, 1.2)),
    ("small", (9, 21, 17), (2.0, 1.5, 1.5)),
]
TARGET, PATCH = (2.0, 1.5, 1.5), (16, 24, 20)


def architecture():
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": 3,
            "features_per_stage": [6, 10, 12],
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * 3,
            "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
            "n_conv_per_stage": [2, 2, 2],
            "n_conv_per_stage_decoder": [2, 2],
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def plans():
    resampling = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    return {
        "dataset_name": "Dataset999_Random",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": list(TARGET),
        "original_median_shape_after_transp": [32, 40, 40],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            "0": {"max": 900.0, "mean": 55.0, "median": 50.0, "min": -300.0, "percentile_00_5": -160.0,
                  "percentile_99_5": 420.0, "std": 95.0}
        },
        "configurations": {
            "3d_fullres": {
                "data_identifier": "nnUNetPlans_3d_fullres",
                "preprocessor_name": "DefaultPreprocessor",
                "batch_size": 2,
                "patch_size": list(PATCH),
                "median_image_size_in_voxels": [32, 40, 40],
                "spacing": list(TARGET),
                "normalization_schemes": ["CTNormalization"],
                "use_mask_for_norm": [False],
                "resampling_fn_data": "resample_data_or_seg_to_shape",
                "resampling_fn_seg": "resample_data_or_seg_to_shape",
                "resampling_fn_data_kwargs": resampling,
                "resampling_fn_seg_kwargs": {**resampling, "is_seg": True, "order": 1},
                "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
                "resampling_fn_probabilities_kwargs": {**resampling, "order": 1},
                "architecture": architecture(),
                "batch_dice": False,
            }
        },
    }


DATASET = {
    "channel_names": {"0": "CT"},
    "labels": {"background": 0, "first": 1, "second": 2, "third": 3},
    "numTraining": 1,
    "file_ending": ".nii.gz",
}


def trained_folder(at, seed=999):
    torch.manual_seed(seed)
    arch = architecture()
    network = get_network_from_plans(
        arch["network_class_name"], arch["arch_kwargs"], arch["_kw_requires_import"], 1, 4,
        allow_init=True, deep_supervision=True,
    )
    # Norms of their own and wide last layers, so that labels are mixed and logits spread.
    for parameter in network.parameters():
        if parameter.ndim == 1:
            torch.nn.init.normal_(parameter, 0.0 if parameter.mean() == 0 else 1.0, 0.4)
    (at / "fold_0").mkdir(parents=True)
    (at / "plans.json").write_text(json.dumps(plans()))
    (at / "dataset.json").write_text(json.dumps(DATASET))
    torch.save(
        {
            "network_weights": network.state_dict(),
            "trainer_name": "nnUNetTrainer",
            "init_args": {"configuration": "3d_fullres"},
            "inference_allowed_mirroring_axes": (0, 1, 2),
        },
        at / "fold_0" / "checkpoint_final.pth",
    )


def volume(size, seed):
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=size)
    smooth = gaussian_filter(noise, 2)
    out = (smooth / smooth.std() * 180 + 40 + 15 * noise).astype(np.int16)
    out[out == 0] = 1
    # A margin of zeros on one side: nnU-Net cuts it off.
    out[:, :, :2] = 0
    return out


def predictor_of(folder):
    predictor = module.nnUNetPredictor(
        tile_step_size=0.5, use_gaussian=True, use_mirroring=True, perform_everything_on_device=False,
        device=torch.device("cpu"), verbose=False, allow_tqdm=False,
    )
    predictor.initialize_from_trained_model_folder(str(folder), (0,), "checkpoint_final.pth")
    return predictor


def logits_of(predictor, data, spacing):
    """Of the cropped image at the source's spacing, float32 from end to end, and the crop."""
    manager = predictor.configuration_manager
    preprocessor = manager.preprocessor_class(verbose=False)
    properties = {"spacing": list(spacing)}
    prepared, _ = preprocessor.run_case_npy(
        data[None].astype(np.float32), None, properties, predictor.plans_manager, manager, predictor.dataset_json
    )
    half, original = torch.half, module.compute_gaussian
    torch.half = torch.float32
    module.compute_gaussian = lambda *a, **k: original(*a, **{**k, "dtype": torch.float32})
    try:
        logits = predictor.predict_logits_from_preprocessed_data(torch.from_numpy(prepared)).float()
    finally:
        torch.half, module.compute_gaussian = half, original
    shape = properties["shape_after_cropping_and_before_resampling"]
    back = manager.resampling_fn_probabilities(logits, shape, manager.spacing, properties["spacing"])
    return np.asarray(back, dtype=np.float32), properties["bbox_used_for_cropping"]


def main():
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "trained"
        trained_folder(folder)
        OUT.mkdir(parents=True, exist_ok=True)
        export_nnunet.main([str(folder), str(OUT / "model"), "--licence", "Apache-2.0", "--name", "random nnU-Net",
                            "--task", "random"])
        predictor = predictor_of(folder)
        for seed, (name, size, spacing) in enumerate(CASES):
            data = volume(size, seed)
            labels = predictor.predict_single_npy_array(
                data[None].astype(np.float32), {"spacing": list(spacing)}, None, None, False
            )
            logits, box = logits_of(predictor, data, spacing)
            print(name, "labels", np.bincount(labels.ravel(), minlength=4), "logits", logits.std(), "crop", box)
            facts = {
                "tool": f"nnunetv2 2.5.2, torch {torch.__version__}",
                "size": list(size[::-1]),
                "spacing": list(spacing[::-1]),
                "crop": [list(map(int, side)) for side in box[::-1]],
                "step": 3,
            }
            exact = np.zeros_like(labels, dtype=np.uint8)
            exact[tuple(slice(*side) for side in box)] = logits.argmax(0)
            sampled = logits[:, ::3, ::3, ::3]
            blob = data.tobytes() + exact.tobytes() + labels.astype(np.uint8).tobytes() + np.ascontiguousarray(sampled).tobytes()
            (OUT / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")
            (OUT / f"{name}.bin.gz").write_bytes(gzip.compress(blob, 9, mtime=0))


if __name__ == "__main__":
    main()
