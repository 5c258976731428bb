/** The catalogue of commands: help, completion and the manual page are made of it. Commands load their code only when they run. */

import { Argument, Command, Option } from 'commander';

import { packageVersion } from '../runtime/package-root.js';
import type { Shell } from './commands/completion.js';
import { EXIT, reportError } from './exit.js';
import {
  parseChunks,
  parseCount,
  parseDays,
  parseList,
  parseNumber,
  parsePort,
  parsePositive,
  parseSpacing,
  parseVoxels,
  parseWorkers,
  STAGE_TIMEOUT_S,
} from './options.js';

export const program = new Command('isovox')
  .description('A native engine for medical volumes. Main job: isovox run --dicom-root DIR --outdir OUT')
  .version(packageVersion, '-V, --version')
  .showHelpAfterError('(isovox COMMAND --help tells more)')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .enablePositionalOptions()
  .exitOverride((error) => {
    process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
  });

/** A command with the flags that all have; its action gives the exit code. */
function command<Options extends { json?: boolean }>(
  usage: string,
  description: string,
  action: (args: string[], options: Options) => Promise<number>,
): Command {
  return program
    .command(usage)
    .description(description)
    .option('--json', 'one JSON document on stdout, logs on stderr')
    .addOption(new Option('--workers <n>', 'threads of the pool: auto is cores - 1').argParser(parseWorkers))
    .option('-q, --quiet', 'warnings and errors only')
    .option('-v, --verbose', 'tell more')
    .option('--json-logs', 'logs as JSON lines, patients by pseudonym')
    .option('--keep-identifiers', 'patients by their identifier in JSON logs too')
    .action(async (...received: unknown[]) => {
      const self = received.at(-1) as Command;
      const options = self.opts() as Options;
      try {
        process.exitCode = await action(self.args, options);
      } catch (thrown) {
        process.exitCode = reportError(thrown, options.json ?? false);
      }
    });
}

/** What decides what a run does. */
function runFlags(to: Command): Command {
  return to
    .requiredOption('--dicom-root <dir>', 'folder of mixed DICOM, or s3://bucket/prefix; searched to the bottom')
    .requiredOption('--outdir <dir>', 'where courses, _RESULTS and reports go: a folder or s3://bucket/prefix')
    .option(
      '--config <file>',
      'YAML with the sections organize, segmentation, customModels, crop, dvh, radiomics, robustness, report, output, read',
    )
    .addOption(new Option('--stages <ids>', 'only these, separated by commas').argParser(parseList))
    .addOption(
      new Option('--course-filter <pattern>', 'PATIENT or PATIENT/COURSE, * matches anything').argParser(parseList),
    )
    .addOption(
      new Option('--force <ids>', 'run these stages again though nothing changed; all for every one').argParser(
        parseList,
      ),
    )
    .addOption(new Option('--max-days <n>', 'split courses whose plans span more days').argParser(parseDays))
    .addOption(
      new Option('--merge-criteria <rule>', 'what makes one course').choices(['same_ct_study', 'frame_of_reference']),
    )
    .addOption(new Option('--memory <MiB>', 'memory for courses in flight').argParser(parsePositive))
    .addOption(
      new Option('--constraints <sheets>', 'constraint sheets: YAML files, or quantec, sbrt-spine').argParser(
        parseList,
      ),
    )
    .addOption(
      new Option('--robustness <grid>', 'features under 12, 81 or 315 perturbations of image and outline').choices([
        'off',
        'mild',
        'standard',
        'aggressive',
      ]),
    )
    .option('--sequential-radiomics', 'radiomics of one structure at a time')
    .option('--models <dir>', 'a model folder, or a folder of such: structures are found by them')
    .option('--custom-models <dir>', "the user's own models")
    .option('--custom-structures <file>', 'YAML with structures made of others by sets and margins')
    .option('--device <name>', 'where models run: auto, cpu, cuda or cuda:N')
    .addOption(new Option('--seg-workers <n>', 'courses segmented at once').argParser(parsePositive))
    .addOption(new Option('--custom-model-workers <n>', 'the same for custom models').argParser(parsePositive))
    .addOption(new Option('--roi-subset <names>', 'only these structures of the models').argParser(parseList))
    .option('--fast', 'the quick model of each task, where there is one')
    .addOption(
      new Option('--crop-region <name>', 'also cut the image to a body region').choices([
        'pelvis',
        'abdomen',
        'thorax',
        'head_neck',
        'brain',
      ]),
    )
    .option('--xlsx', 'also write the tables as one .xlsx file')
    .option(
      '--pseudonymise [file]',
      'pseudonyms instead of PatientIDs, no copies of DICOM objects; the file says who is who (.isovox/pseudonyms.json)',
    );
}

/** Those that work for hours. */
function gapsOption(): Option {
  return new Option(
    '--gaps <what>',
    'of DICOM series in which slices are missing: name them in a finding (the default), refuse, or fill from neighbours',
  ).choices(['name', 'refuse', 'fill']);
}

function metricsFlags(to: Command): Command {
  return to
    .addOption(new Option('--metrics-port <port>', 'serve /metrics for Prometheus').argParser(parsePositive))
    .option('--metrics-host <address>', 'where from', '127.0.0.1');
}

metricsFlags(
  runFlags(
    command(
      'run',
      'the main job: a folder of radiotherapy DICOM in; dose tables, QC and reports out',
      async (_, options) => (await import('./commands/run.js')).run(options as never),
    ),
  ),
)
  .addOption(
    new Option('--isolation <how>', 'courses in worker processes that may crash alone, or all in this one')
      .choices(['process', 'none'])
      .default('process'),
  )
  .addOption(new Option('--threads-per-course <n>', 'at most').argParser(parsePositive))
  .addOption(
    new Option('--courses-at-once <n>', 'at most; as many as --workers, and one more, by default').argParser(
      parsePositive,
    ),
  )
  .addOption(
    new Option('--stage-timeout <s>', 'of one stage of one course').argParser(parsePositive).default(STAGE_TIMEOUT_S),
  )
  .option('--timeline <file>', 'what ran when, for chrome://tracing or ui.perfetto.dev')
  .option('--dry-run', 'say what would run, write nothing');

runFlags(
  command('plan', 'what run would do for each course and why; workers take their courses from it', async (_, options) =>
    (await import('./commands/plan.js')).plan(options as never),
  ),
);

/** One stage of `run` by itself; stages whose names are commands for single files are `run --stages NAME`. */
for (const [stage, description] of [
  ['organize', "the run's first stage: course folders, images and metadata"],
  ['segment-custom', "one stage of run: the user's models, and structures made of others"],
  ['crop', 'one stage of run: the image cut to a body region'],
  ['qc', 'one stage of run: checks of files, images, plan, structures and dose'],
] as const) {
  runFlags(
    command(stage, description, async (_, options) =>
      (await import('./commands/run.js')).runStage(stage, options as never),
    ),
  );
}

command(
  'course <action> <courses...>',
  'run PATIENT/COURSE ...: stages of planned courses, one after the other, as engines call it',
  async (args, options) => (await import('./commands/course.js')).course(args, options as never),
)
  .requiredOption('--outdir <dir>', 'where the plan is and the results go')
  .addOption(new Option('--stage <ids>', 'only these, separated by commas').argParser(parseList))
  .addOption(new Option('--force <ids>', 'run these again though nothing changed').argParser(parseList))
  .addOption(new Option('--memory <MiB>', 'memory that its operations may reserve').argParser(parsePositive));

runFlags(
  command('submit', "a run's courses into queues on Redis, for isovox worker on any machines", async (_, options) =>
    (await import('./commands/submit.js')).submit(options as never),
  ),
)
  .requiredOption('--queue <url>', 'redis://host:port')
  .option('--name <name>', "first part of the queues' names", 'isovox')
  .addOption(
    new Option('--gpus <n>', 'jobs with models at a time, on all machines').argParser(parsePositive).default(1),
  )
  .option('--wait', 'until all courses are done; then write the tables');

metricsFlags(
  command('worker', 'takes courses from queues; on as many machines as see the same folders', async (_, options) =>
    (await import('./commands/worker.js')).worker(options as never),
  ),
)
  .requiredOption('--queue <url>', 'redis://host:port')
  .option('--name <name>', "first part of the queues' names", 'isovox')
  .addOption(new Option('--class <names>', 'io, cpu, gpu').argParser(parseList).default(['io', 'cpu', 'gpu']))
  .addOption(new Option('--slots <n>', 'courses at a time, of each class').argParser(parsePositive).default(1))
  .option('--outdir <dir>', 'where the output folder is mounted here, if elsewhere than submitted')
  .addOption(new Option('--memory <MiB>', 'memory that one course may reserve').argParser(parsePositive))
  .addOption(
    new Option('--stage-timeout <s>', 'of one stage of one course').argParser(parsePositive).default(STAGE_TIMEOUT_S),
  )
  .addOption(new Option('--exit-when-idle <s>', 'end when nothing was to do for so long').argParser(parsePositive));

command('export <engine>', 'a plan as a workflow: snakemake, on one machine or on Slurm', async (args, options) =>
  (await import('./commands/export.js')).exportPlan(args, options as never),
)
  .requiredOption('--outdir <dir>', 'where the plan is')
  .option('--to <dir>', 'where the workflow goes', 'isovox-snakemake')
  .addOption(new Option('--memory <MiB>', 'memory for jobs at a time, on one machine').argParser(parsePositive));

command(
  'resume <dir> [flags...]',
  'starts an exported workflow, or goes on with one that was stopped',
  async (args, options) => (await import('./commands/resume.js')).resume(args, options as never),
).option('--profile <name>', 'local or slurm', 'local');

command('aggregate', "the cohort's tables and report of the courses that were planned and run", async (_, options) =>
  (await import('./commands/aggregate.js')).aggregate(options as never),
).requiredOption('--outdir <dir>', 'where the plan and the courses are');

command(
  'view <path>',
  'courses of an output folder, or one volume, in the browser of this machine; Ctrl-C ends it',
  async (args, options) => (await import('./commands/view.js')).view(args, options as never),
)
  .addOption(new Option('--port <n>', 'on 127.0.0.1; 0 takes a free one').argParser(parsePort).default(0))
  .option('--no-open', 'print the address, open nothing');

command('demo', 'make a phantom patient, run the main job on it, compare with the closed form', async (_, options) =>
  (await import('./commands/demo.js')).demo(options as never),
)
  .option('--outdir <dir>', 'where the phantom and the results go', 'isovox-demo')
  .option('--no-open', 'do not open the report in a browser');

command('dvh', 'dose-volume metrics of one structure set and dose', async (_, options) =>
  (await import('./commands/dvh.js')).dvh(options as never),
)
  .requiredOption('--rtstruct <file>', 'RTSTRUCT')
  .requiredOption('--rtdose <file>', 'RTDOSE')
  .option('--ct <dir>', 'folder of the planning CT: its slice thickness is that of one-plane structures')
  .option('--rtplan <file>', 'RTPLAN: its prescription is what % columns are relative to')
  .option('--roi <name...>', 'only these structures; * matches anything')
  .option('--config <file>', 'YAML with a dvh section')
  .requiredOption('--out <file>', 'the table: .csv or .parquet')
  .option('--curves <file>', 'curves: dose_gy, volume_cc per ROI');

command('mask', 'structures as NIfTI masks on the CT grid', async (_, options) =>
  (await import('./commands/mask.js')).mask(options as never),
)
  .requiredOption('--rtstruct <file>', 'RTSTRUCT')
  .requiredOption('--ct <dir>', 'folder of the CT series')
  .option('--roi <name...>', 'only these structures; * matches anything')
  .option('--fraction', 'covered fraction 0-1 instead of a binary mask')
  .requiredOption('--out <dir>', 'where the masks go, one .nii.gz per structure');

command('mesh', 'the surface of a structure, or at a level of an image, as triangles', async (_, options) =>
  (await import('./commands/mesh.js')).mesh(options as never),
)
  .requiredOption('--image <file>', 'image, labels, or a mask of isovox mask --fraction, whose surface is smooth')
  .addOption(new Option('--level <value>', 'inside is at least this').argParser(parseNumber))
  .addOption(new Option('--label <n>', 'inside is this value of a label image').argParser(parseNumber))
  .requiredOption('--out <file>', '.ply, .stl or .obj; LPS millimetres');

command('gamma', 'the gamma index of two doses: a volume and the pass rate', async (_, options) =>
  (await import('./commands/gamma.js')).gamma(options as never),
)
  .requiredOption('--reference <file>', 'RTDOSE whose voxels are judged')
  .requiredOption('--evaluated <file>', 'RTDOSE that is interpolated and searched')
  .addOption(new Option('--dose <percent>', 'accepted dose difference').argParser(parsePositive).default(3))
  .addOption(new Option('--distance <mm>', 'accepted distance').argParser(parsePositive).default(3))
  .option('--local', 'percent of the dose at the voxel instead of the maximum of the reference')
  .addOption(
    new Option('--cutoff <percent>', 'voxels below this part of the maximum are left out')
      .argParser(Number)
      .default(10),
  )
  .addOption(new Option('--max-gamma <n>', 'not looked for beyond').argParser(parsePositive).default(2))
  .requiredOption('--out <file>', 'the map: .nii.gz, NaN where left out')
  .option('--picture <file>', 'a page to look at: .html');

command('dose-difference', 'one dose minus another: a volume, and mean, extremes and agreement', async (_, options) =>
  (await import('./commands/dose-difference.js')).doseDifferenceCommand(options as never),
)
  .requiredOption('--reference <file>', 'RTDOSE whose voxels are compared')
  .requiredOption('--evaluated <file>', 'RTDOSE that is interpolated at them')
  .addOption(
    new Option('--cutoff <percent>', 'voxels below this part of the maximum are left out of the numbers')
      .argParser(Number)
      .default(10),
  )
  .addOption(
    new Option('--tolerance <percent>', 'of the maximum, for the share that agrees')
      .argParser(parsePositive)
      .default(3),
  )
  .requiredOption('--out <file>', 'the difference in Gy: .nii.gz, NaN where the evaluated dose has no value')
  .option('--picture <file>', 'a page to look at: .html');

command(
  'dose-warp',
  'a dose in another frame of reference, by a rigid or deformable registration',
  async (_, options) => (await import('./commands/dose-warp.js')).doseWarp(options as never),
)
  .requiredOption('--dose <file>', 'RTDOSE')
  .requiredOption('--registration <file>', 'Spatial Registration or Deformable Spatial Registration')
  .requiredOption('--onto <file or dir>', 'RTDOSE, or folder of a CT series, whose voxels the result has')
  .option('--add <file...>', 'RTDOSEs in the frame of the result that are added to it, on the finest grid')
  .requiredOption('--out <file>', 'the RTDOSE that is written');

command('radiomics', 'radiomics features of one structure of an image', async (_, options) =>
  (await import('./commands/radiomics.js')).radiomics(options as never),
)
  .requiredOption('--image <file>', 'image')
  .requiredOption('--mask <file>', "mask on the image's grid")
  .option('--resample-mask', 'a mask on another grid is resampled to the nearest voxels instead of refused')
  .addOption(
    new Option('--label <n>', 'value of the mask that is the structure; all above 0 when not given').argParser(Number),
  )
  .addOption(
    new Option('--dialect <name>', 'whose names and definitions').choices(['ibsi', 'pyradiomics']).default('ibsi'),
  )
  .option(
    '--config <file>',
    'YAML: resample, resegment, discretise, ivh, aggregation, families; or a PyRadiomics parameter file',
  )
  .option('--out <file>', 'the table: .csv or .parquet')
  .option('--wide', 'one row, a column per feature; of PyRadiomics with its diagnostics_ columns')
  .option(
    '--voxel-maps <dir>',
    'instead of a table a volume per feature, as PyRadiomics has them: of the box around every voxel of the structure',
  )
  .addOption(new Option('--kernel-radius <n>', 'of that box, in voxels; 1 when not given').argParser(parsePositive))
  .option('--whole-kernel', 'voxels outside the structure count in that box too');

command('robustness', 'radiomics features of structures under perturbations of image and outline', async (_, options) =>
  (await import('./commands/robustness.js')).robustness(options as never),
)
  .requiredOption('--image <file>', 'image')
  .requiredOption('--mask <file...>', 'a mask per structure, on the grid of the image; several give the ICC too')
  .addOption(
    new Option('--label <n>', 'value of the masks that is the structure; all above 0 when not given').argParser(Number),
  )
  .addOption(
    new Option('--grid <name>', '12, 81 or 315 perturbations')
      .choices(['mild', 'standard', 'aggressive'])
      .default('standard'),
  )
  .addOption(new Option('--seed <n>', 'of noise and outlines').argParser(Number))
  .addOption(
    new Option('--dialect <name>', 'whose names and definitions').choices(['ibsi', 'pyradiomics']).default('ibsi'),
  )
  .option('--config <file>', 'settings of the features, as for radiomics')
  .requiredOption('--out <file>', 'the summary, a row per feature: .csv or .parquet')
  .option('--values <file>', 'every value under every perturbation');

command('filter', 'the response map of an IBSI 2 filter', async (_, options) =>
  (await import('./commands/filter.js')).filter(options as never),
)
  .requiredOption('--image <file>', 'image')
  .option('--config <file>', 'YAML with a filter section: type, boundary, dimensions and what the type takes')
  .option(
    '--filter <settings>',
    'the same in one line: type=log,sigma_mm=3,boundary=zero; types mean, median, gaussian, log, laws, gabor, wavelet, nonseparable',
  )
  .requiredOption('--out <file>', 'the response map: .nii.gz, .nrrd or another writable format');

command('align', 'features against a reference sequence: place, score, identity and path of each', async (_, options) =>
  (await import('./commands/align.js')).align(options as never),
)
  .requiredOption('--reference <file>', 'one sequence: FASTA, FASTQ or GenBank, plain or .gz')
  .requiredOption('--features <file>', 'sequences, or a GenBank file whose features they are')
  .option('--feature-type <type>', 'which features of a GenBank file', 'CDS')
  .addOption(
    new Option('--mode <mode>', 'end to end, the whole feature anywhere, or the best pair of parts')
      .choices(['global', 'infix', 'local'])
      .default('infix'),
  )
  .addOption(new Option('--strand <which>', 'of the features').choices(['forward', 'reverse', 'both']).default('both'))
  .option('--edit', 'unit costs instead of the four scores')
  .addOption(new Option('--match <n>', 'gained per match').argParser(Number).default(2))
  .addOption(new Option('--mismatch <n>', 'lost per mismatch').argParser(Number).default(4))
  .addOption(new Option('--gap-opening <n>', 'lost per gap').argParser(Number).default(4))
  .addOption(new Option('--gap-extension <n>', 'lost per letter of a gap').argParser(Number).default(2))
  .requiredOption('--out <file>', 'the table: .tsv, .csv or .parquet');

command('segment', 'labels of an image, by a model', async (_, options) =>
  (await import('./commands/segment.js')).segment(options as never),
)
  .requiredOption('--model <dir>', 'model folder: manifest.json and its networks')
  .requiredOption('--image <path...>', 'image file or folder of DICOM slices, one per channel of the model')
  .option('--device <name>', 'auto, cpu, cuda or cuda:N')
  .requiredOption('--out <file>', 'the label map: .nii.gz, .nrrd, .mha');

command(
  'model <action> [dir]',
  'check DIR: is a model folder whole and fit to run; schema: what a manifest may say',
  async (args, options) => (await import('./commands/model.js')).model(args, options as never),
).option('--device <name>', 'auto, cpu, cuda or cuda:N');

command('info <paths...>', 'what files and folders hold: geometry, type, statistics', async (args, options) =>
  (await import('./commands/info.js')).info(args, options as never),
).option('--hash', 'SHA-256 of the raw voxels, little endian, x fastest, before scaling');

command('convert <input> <output>', 'any readable format to any writable one', async (args, options) =>
  (await import('./commands/convert.js')).convert(args, options as never),
)
  .option('--dtype <name>', 'int16, float32 and so on: the physical values, refused when one does not fit')
  .option('--orientation <code>', 'LPS, RAS and so on: axes permuted and flipped, nothing interpolated')
  .addOption(
    new Option(
      '--spacing <mm>',
      'resampled along the axes: one number, or x,y,z of which 0 keeps one; both grids share their centre',
    ).argParser(parseSpacing),
  )
  .addOption(
    new Option('--interpolation <method>', 'of --spacing; labels want nearest')
      .choices(['nearest', 'linear', 'cubic'])
      .default('linear'),
  )
  .addOption(
    new Option('--suv <type>', 'of a PET series: by body weight, lean body mass, body surface').choices([
      'bw',
      'lbm',
      'lbm-janma',
      'bsa',
    ]),
  )
  .addOption(gapsOption())
  .option('--codec <name>', 'how voxels are packed, where the format has a choice')
  .addOption(
    new Option('--chunks <shape>', 'of a .zarr: axial, sagittal, coronal, isotropic, or x,y,z').argParser(parseChunks),
  )
  .option('--shards', 'of a .zarr: many chunks to a file')
  .addOption(new Option('--level <n>', 'effort of the compression').argParser(Number));

command('resample', 'an image with other spacings, or at the voxels of another image', async (_, options) =>
  (await import('./commands/resample.js')).resample(options as never),
)
  .requiredOption('--image <path>', 'image file, or folder of DICOM slices')
  .addOption(
    new Option('--spacing <mm>', 'one number, or x,y,z of which 0 keeps one; both grids share their centre').argParser(
      parseSpacing,
    ),
  )
  .option('--like <path>', 'an image whose voxels the result has, at whatever angle it lies')
  .addOption(
    new Option('--interpolation <method>', 'labels want nearest')
      .choices(['nearest', 'linear', 'cubic'])
      .default('linear'),
  )
  .addOption(
    new Option('--outside <value>', 'beyond the image, with --like; -1024 for CT').argParser(parseNumber).default(0),
  )
  .requiredOption('--out <file>', '.nii.gz, .nrrd or another writable format');

command('ingest', 'images into a cohort; goes on where it was stopped', async (_, options) =>
  (await import('./commands/ingest.js')).ingest(options as never),
)
  .requiredOption(
    '--images <name=glob...>',
    'a collection and its images: ct=scans/*_ct.nii.gz, or a folder; s3:// too',
  )
  .requiredOption('--store <uri>', 'the cohort, a folder or s3://bucket/prefix; made when it is not there')
  .addOption(gapsOption())
  .option('--validate-alignment', 'refuse when the collections of a subject do not lie on one grid');

command('store <uri>', 'what a cohort holds', async (args, options) =>
  (await import('./commands/store.js')).store(args, options as never),
).option('--validate', 'compare every volume with the index');

command(
  'serve-batches',
  'training batches for a program in another language on this machine, through shared memory',
  async (_, options) => (await import('./commands/serve-batches.js')).serve(options as never),
)
  .requiredOption('--socket <path>', 'Unix-domain socket to serve on; only this user may connect')
  .option('--store <uri>', 'a cohort, a folder or s3://bucket/prefix')
  .option('--images <name=glob...>', 'or images: ct=scans/*_ct.nii.gz, or a folder of DICOM series')
  .addOption(
    new Option(
      '--collections <names>',
      'stacked as channels, separated by commas; all but the masks when not given',
    ).argParser(parseList),
  )
  .option('--masks <name>', 'the collection of labels: batches have masks')
  .addOption(
    new Option('--kind <name>', 'how patches are chosen; only training shuffles and only inference has batches of one')
      .choices(['training', 'validation', 'inference', 'segmentation'])
      .default('training'),
  )
  .addOption(
    new Option('--mode <name>', 'patch when there is a patch size, else full').choices(['patch', 'full', 'slice']),
  )
  .addOption(
    new Option('--slice-orientation <name>', 'of slices: axial when not given').choices([
      'axial',
      'coronal',
      'sagittal',
    ]),
  )
  .addOption(new Option('--batch-size <n>', '4 when not given, 1 for inference').argParser(parseCount))
  .addOption(new Option('--patch-size <x,y,z>', 'voxels').argParser(parseVoxels))
  .addOption(new Option('--patches-per-volume <n>', 'random patches or slices in an epoch').argParser(parseCount))
  .addOption(new Option('--one-hot <values>', 'of the masks that become a channel each').argParser(parseList))
  .option('--transforms <file>', 'YAML: a list of transforms, each by its name with its settings')
  .addOption(
    new Option(
      '--foreground <p>',
      'how often a patch lies about the foreground, 0-1, of --kind segmentation',
    ).argParser(Number),
  )
  .addOption(new Option('--outside <value>', 'of images beyond the volume; -1024 for CT').argParser(Number).default(0))
  .addOption(new Option('--seed <n>', 'of order, places and transforms').argParser(Number).default(0))
  .addOption(new Option('--world-size <n>', 'consumers, each with its share').argParser(parseCount).default(1))
  .addOption(
    new Option('--slots <n>', 'batches ready or in use, per consumer, in shared memory')
      .argParser(parseCount)
      .default(4),
  )
  .option('--once', 'end when every consumer has come and gone');

program.command('course-worker', { hidden: true }).action(async () => {
  await (await import('../distributed/worker-main.js')).serveCourses();
});

command('report <outdir>', 'pages and tables made again from what the courses hold', async (args, options) =>
  (await import('./commands/report.js')).report(args, options as never),
);

command(
  'validate <paths...>',
  'whether configurations (.yaml), models, cohorts, images, output folders or folders of DICOM are sound',
  async (args, options) => (await import('./commands/validate.js')).validate(args, options as never),
).option('--strict', 'warnings count as failures');

command(
  'bench [cases...]',
  'how long the main operations take on this machine: series, dvh, masks, radiomics, pyradiomics, resample, nifti-gz',
  async (args, options) => (await import('./commands/bench.js')).bench(args, options as never),
);

command('status <outdir>', 'every course and stage of a run', async (args, options) =>
  (await import('./commands/status.js')).status(args, options as never),
);

command('doctor', 'whether this machine is ready; with --bench, settings that suit a storage', async (_, options) =>
  (await import('./commands/doctor.js')).doctor(options as never),
)
  .option('--outdir <dir>', 'folder to test', '.')
  .option('--queue <url>', 'redis://host:port to test')
  .option(
    '--bench <uri>',
    'measure this folder, or s3://bucket/prefix: latency, MB/s, reads/s (writes 130 MB, removes them)',
  )
  .option('--config <file>', 'YAML with the sections read, write, s3');

program
  .command('completion')
  .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
  .description('what bash, zsh or fish loads to complete commands, flags and their values')
  .addHelpText(
    'after',
    `
bash  isovox completion bash > ~/.local/share/bash-completion/completions/isovox
zsh   isovox completion zsh > "\${fpath[1]}/_isovox"
fish  isovox completion fish > ~/.config/fish/completions/isovox.fish`,
  )
  .action(async (shell: Shell) => {
    const { completion } = await import('./commands/completion.js');
    process.exitCode = completion(shell, program);
  });

program.command('man', { hidden: true }).action(async () => {
  const [{ catalogue }, { manualPage }] = await Promise.all([import('./catalogue.js'), import('./manual-page.js')]);
  process.stdout.write(manualPage(catalogue(program)));
});
