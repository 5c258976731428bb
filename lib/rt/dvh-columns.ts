/** The columns of dvh_metrics: what rtpipeline users know, and ours; each dose column with the metric it is. */

import type { Column } from '../table/table.js';
import type { RunConfig } from './run-config.js';
import { TG263_COLUMNS } from './tg263.js';

/** A column whose value is a metric of the native catalogue. */
export interface MetricColumn extends Column {
  /** Name of the metric: `D95%`, `D1cc`, `V20Gycc`. */
  readonly metric: string;
}

const text = (name: string, definition: string): Column => ({ name, type: 'string', unit: '', definition });

export const IDENTITY_COLUMNS: readonly Column[] = [
  text('patient_id', 'PatientID (0010,0020), or its pseudonym'),
  text('course_id', 'Course folder: year and month of the earliest plan, numbered where several are equal'),
  { name: 'ROI_Number', type: 'int', unit: '', definition: 'ROINumber (3006,0022)' },
  text('ROI_Name', 'ROIName (3006,0026); suffix __partial when the image border cuts the structure'),
  text('ROI_OriginalName', 'ROIName as in the structure set'),
  text('ROI_Type', 'RTROIInterpretedType (3006,00A4)'),
  ...TG263_COLUMNS,
  text(
    'Segmentation_Source',
    'PlanRTSTRUCT: the structure set that the plan refers to; Manual: another one; AutoRTS_<task>, CustomModel_<task>: found by a model; Custom: made of others',
  ),
];

export const PROVENANCE_COLUMNS: readonly Column[] = [
  { name: 'structure_cropped', type: 'bool', unit: '', definition: 'The structure touches the border of its image' },
  {
    name: 'covered_fraction',
    type: 'float',
    unit: '',
    definition:
      'Part of the volume inside the dose grid, 0 to 1; dose metrics are of this part when outside is exclude',
  },
  {
    name: 'error_bound_gy',
    type: 'float',
    unit: 'Gy',
    definition: 'The curve is known to this dose, or to error_bound_cc',
  },
  {
    name: 'error_bound_cc',
    type: 'float',
    unit: 'cc',
    definition: 'The curve is known to this volume, or to error_bound_gy',
  },
  { name: 'rx_gy', type: 'float', unit: 'Gy', definition: 'Prescribed dose that % columns are relative to' },
  text('rx_source', 'explicit (configuration), rtplan_dicom, estimated_ctv1_d95, none'),
  text('rx_reason', 'How the prescription was found'),
  text('dose_resolution', 'Class of the dose choice: single, plan-sum, beams-summed, boost-summed, ...'),
  text('dose_resolution_reason', 'Why these doses were taken'),
  text('dose_sop_instance_uid', 'SOPInstanceUID of the evaluated dose; of the first one when several were summed'),
  text('dose_summation_type', 'DoseSummationType (3004,000A); PLAN_SUM when several were summed'),
  text('source_dose_sop_instance_uids', 'SOPInstanceUIDs of all doses that were summed, separated by |'),
  text('plan_sop_instance_uid', 'SOPInstanceUID of the plan the doses belong to'),
  text('plan_referenced_rtstruct_sop_instance_uids', 'Structure sets that the plan refers to, separated by |'),
  text('rtstruct_sop_instance_uid', 'SOPInstanceUID of the structure set'),
  text('rtstruct_path', 'Path of the structure set below the DICOM root'),
  text('rtstruct_resolution', 'Rule by which the structure set was chosen'),
  text('rtstruct_resolution_reason', 'The same in a sentence'),
  text('image_modality', 'Modality (0008,0060) of the planning image'),
  text('contrast_phase', 'contrast when ContrastBolusAgent (0018,0010) is stated; empty when it is not'),
  text('body_regions', 'Regions of the body in the image; empty until the course is segmented'),
  text('findings', 'Codes of the findings on this row, separated by |'),
  text('settings_hash', 'First 16 digits of the SHA-256 of the settings that decide this row'),
  text('isovox_version', 'Version that computed this row'),
];

const metric = (name: string, unit: string, key: string, definition: string): MetricColumn => ({
  name,
  type: 'float',
  unit,
  metric: key,
  definition,
});

const unique = (numbers: readonly number[]): number[] => [...new Set(numbers)];

/** The metric columns for these settings; those relative to the prescription are empty without one. */
export function metricColumns(dvh: RunConfig['dvh']): MetricColumn[] {
  const dx = unique([95, 98, 2, 50, ...dvh.dx]);
  const dcc = unique([1, 0.1, 0.03, ...dvh.dcc]);
  const steps = Array.from({ length: dvh.vxMaxGy }, (_, i) => i + 1);
  const vx = unique([...steps, ...dvh.vx]);
  return [
    metric('Volume (cm³)', 'cc', 'Volume', 'Volume of the structure as contoured'),
    metric('DmeanGy', 'Gy', 'Dmean', 'Mean dose'),
    metric('DmaxGy', 'Gy', 'Dmax', 'Largest dose in the structure'),
    metric('DminGy', 'Gy', 'Dmin', 'Smallest dose in the structure'),
    ...dx.map((x) => metric(`D${x}Gy`, 'Gy', `D${x}%`, `Dose that the hottest ${x} % of the volume receives at least`)),
    metric('HI', '', 'HI', 'Homogeneity index (D2 - D98) / D50, ICRU report 83'),
    metric('SpreadGy', 'Gy', 'Spread', 'Dmax - Dmin'),
    ...dcc.map((x) =>
      metric(
        `D${x}ccGy`,
        'Gy',
        `D${x}cc`,
        `Dose that the hottest ${x} cc receive at least; empty for smaller structures`,
      ),
    ),
    metric('IntegralDose_Gycm3', 'Gy cc', 'IntegralDose', 'Mean dose times volume'),
    metric('Dmean%', '%', 'Dmean%Rx', 'Mean dose in percent of the prescription'),
    metric('Dmax%', '%', 'Dmax%Rx', 'Largest dose in percent of the prescription'),
    metric('Dmin%', '%', 'Dmin%Rx', 'Smallest dose in percent of the prescription'),
    ...dx.map((x) => metric(`D${x}%`, '%', `D${x}%%Rx`, `D${x} in percent of the prescription`)),
    metric('HI%', '', 'HI_Wu', 'Homogeneity index (D2 - D98) / prescription'),
    metric('Spread%', '%', 'Spread%Rx', '(Dmax - Dmin) in percent of the prescription'),
    ...[95, 100].flatMap((x) => [
      metric(`V${x}%Rx (cm³)`, 'cc', `V${x}%Rxcc`, `Volume that receives at least ${x} % of the prescription`),
      metric(`V${x}%Rx (%)`, '%', `V${x}%Rx`, `The same in percent of the structure's volume`),
    ]),
    ...vx.flatMap((x) => [
      metric(`V${x}Gy (cm³)`, 'cc', `V${x}Gycc`, `Volume that receives at least ${x} Gy`),
      metric(`V${x}Gy (%)`, '%', `V${x}Gy`, `The same in percent of the structure's volume`),
    ]),
  ];
}

export function dvhColumns(dvh: RunConfig['dvh']): Column[] {
  const metrics = metricColumns(dvh).map(({ metric: _, ...column }) => column);
  return [...IDENTITY_COLUMNS, ...metrics, ...PROVENANCE_COLUMNS];
}

/** The columns of dvh_curves: one row per ROI and dose step. */
export const DVH_CURVE_COLUMNS: readonly Column[] = [
  text('patient_id', 'PatientID (0010,0020), or its pseudonym'),
  text('course_id', 'Course folder'),
  { name: 'ROI_Number', type: 'int', unit: '', definition: 'ROINumber (3006,0022)' },
  text('ROI_Name', 'ROIName (3006,0026)'),
  { name: 'dose_gy', type: 'float', unit: 'Gy', definition: 'Dose' },
  { name: 'volume_cc', type: 'float', unit: 'cc', definition: 'Volume that receives at least dose_gy' },
];
