// npm run bench:setup: the peers, by package name, into build/bench; and the small C++ programs beside them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, 'build', 'bench');
mkdirSync(cache, { recursive: true });

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (
  process.getuid?.() === 0 &&
  !(
    existsSync('/usr/bin/plastimatch') &&
    existsSync('/usr/include/ITK-5.2') &&
    existsSync('/usr/include/edlib.h') &&
    existsSync('/usr/bin/gdcmconv') &&
    existsSync('/usr/bin/dcmcjpls')
  )
) {
  const peers = ['plastimatch', 'python3-venv', 'libinsighttoolkit5-dev', 'libedlib-dev', 'libminimap2-dev'];
  peers.push('dcmtk', 'libgdcm-dev', 'libgdcm-tools');
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...peers]);
}
if (!existsSync(join(cache, 'venv', 'bin', 'python'))) run('python3', ['-m', 'venv', join(cache, 'venv')]);
run(join(cache, 'venv', 'bin', 'python'), [
  '-m',
  'pip',
  'install',
  '-q',
  'numpy==1.26.4',
  'pydicom==2.4.4',
  'pylibjpeg==2.0.1',
  'pylibjpeg-libjpeg==2.3.0',
  'pylibjpeg-openjpeg==2.4.0',
  'pylibjpeg-rle==2.1.0',
  'SimpleITK==2.5.2',
  'nibabel==5.4.2',
  'zarr==3.0.10',
  'tensorstore==0.1.86',
  's3fs==2025.5.1',
  'dicompyler-core==0.5.6',
  'pymedphys==0.41.0',
  'scipy==1.13.1',
  'onnxruntime==1.29.0',
  'edt==3.1.1',
  'connected-components-3d==3.26.1',
  'vtk==9.5.2',
  'scikit-image==0.26.0',
  'numba==0.60.0',
  'matplotlib==3.8.4',
  'biopython==1.88',
  'PyWavelets==1.8.0',
  'setuptools==75.8.0',
  'wheel==0.45.1',
  'versioneer==0.29',
  'cython==3.0.11',
  'six==1.17.0',
  'pykwalify==1.8.0',
]);
// Its build wants what is installed already; MIRP and Nyxus want a newer NumPy and live beside it.
run(join(cache, 'venv', 'bin', 'python'), ['-m', 'pip', 'install', '-q', '--no-build-isolation', 'pyradiomics==3.0.1']);
const second = join(cache, 'venv-radiomics');
if (!existsSync(join(second, 'bin', 'python'))) run('python3', ['-m', 'venv', second]);
run(join(second, 'bin', 'python'), ['-m', 'pip', 'install', '-q', 'mirp==2.7.0', 'nyxus==0.11.0']);
// These want a newer NumPy too.
const stores = join(cache, 'venv-stores');
if (!existsSync(join(stores, 'bin', 'python'))) run('python3', ['-m', 'venv', stores]);
run(join(stores, 'bin', 'python'), [
  '-m',
  'pip',
  'install',
  '-q',
  'tiledb==0.36.1',
  'zarrs==0.2.3',
  'ome-zarr-models==1.7',
]);
// What these two ask of NumPy and OpenCV is not what the others ask.
const third = join(cache, 'venv-masks');
if (!existsSync(join(third, 'bin', 'python'))) run('python3', ['-m', 'venv', third]);
run(join(third, 'bin', 'python'), [
  '-m',
  'pip',
  'install',
  '-q',
  'numpy==1.26.4',
  'pydicom==2.4.4',
  'opencv-python==4.10.0.84',
  'setuptools==75.8.0',
  'rt-utils==1.2.7',
  'dcmrtstruct2nii==5',
]);
run('cmake', [
  '-S',
  join(root, 'bench', 'native'),
  '-B',
  join(cache, 'native'),
  '-G',
  'Ninja',
  '-DCMAKE_BUILD_TYPE=Release',
]);
run('cmake', ['--build', join(cache, 'native')]);
// Pools and queues of Node; the folder is a package of its own, so that the project depends on none of them.
const node = join(cache, 'node');
mkdirSync(node, { recursive: true });
run('npm', [
  'install',
  '--prefix',
  node,
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  'piscina@5.3.2',
  'tinypool@2.2.0',
  'workerpool@10.0.3',
  'p-queue@9.3.5',
  'zarrita@0.7.5',
]);
