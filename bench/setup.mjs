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

/** Python packages into a virtual environment below the cache, which is made when it is not there. */
function install(name, packages) {
  const python = join(cache, name, 'bin', 'python');
  if (!existsSync(python)) run('python3', ['-m', 'venv', join(cache, name)]);
  run(python, ['-m', 'pip', 'install', '-q', ...packages]);
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
install('venv', []);
// Its build wants what is installed already.
install('venv', ['--no-build-isolation', 'pyradiomics==3.0.1']);
// These want a newer NumPy than the others and live beside them.
install('venv-radiomics', ['mirp==2.7.0', 'nyxus==0.11.0']);
install('venv-stores', ['tiledb==0.36.1', 'zarrs==0.2.3', 'ome-zarr-models==1.7']);
// What these two ask of NumPy and OpenCV is not what the others ask.
install('venv-masks', [
  'numpy==1.26.4',
  'pydicom==2.4.4',
  'opencv-python==4.10.0.84',
  'setuptools==75.8.0',
  'rt-utils==1.2.7',
  'dcmrtstruct2nii==5',
]);
// PyTorch and what stands on it is 6 GB: on request.
if (process.argv.includes('--torch')) {
  const torch = join(cache, 'venv-torch');
  if (!existsSync(join(torch, 'bin', 'python'))) run('python3', ['-m', 'venv', torch]);
  run(join(torch, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '-q',
    'numpy==2.2.6',
    'torch==2.15.0',
    'monai==1.6.1',
    'torchio==1.2.1',
    'zarr==3.1.6',
    'radiobject==0.1.1',
    'spdl==0.8.0',
  ]);
}
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
  'nifti-reader-js@0.8.0',
]);
