/** Which object belongs to which: by UID where one is given, by frame of reference where that is unambiguous. */

import type { HeaderRecord } from '../native/dicom-types.js';
import { newestFirst } from './dates.js';
import { relativeInput } from './input-path.js';
import type { Finding, ImageSeries, Link, Severity } from './model.js';
import { compareText } from './names.js';
import { largestFirst } from './series.js';

/** The objects of one patient. */
export interface PatientObjects {
  readonly series: readonly ImageSeries[];
  readonly structures: readonly HeaderRecord[];
  readonly plans: readonly HeaderRecord[];
  readonly doses: readonly HeaderRecord[];
  readonly records: readonly HeaderRecord[];
  readonly registrations: readonly HeaderRecord[];
}

/** Links of one patient; keys are SOPInstanceUIDs. */
export interface PatientLinks {
  readonly links: readonly Link[];
  readonly structuresOfPlan: ReadonlyMap<string, HeaderRecord>;
  readonly plansOfDose: ReadonlyMap<string, readonly HeaderRecord[]>;
  readonly structuresOfDose: ReadonlyMap<string, HeaderRecord>;
  readonly imageOfStructures: ReadonlyMap<string, ImageSeries>;
  readonly plansOfRecord: ReadonlyMap<string, readonly HeaderRecord[]>;
  readonly seriesOfRegistration: ReadonlyMap<string, readonly ImageSeries[]>;
  /** Findings by the SOPInstanceUID that they are about. */
  readonly findings: ReadonlyMap<string, readonly Finding[]>;
}

export const uidOf = (record: HeaderRecord): string => record.SOPInstanceUID ?? '';

/** Every frame of reference that an object speaks of. */
export function framesOf(record: HeaderRecord): string[] {
  const frames = [record.FrameOfReferenceUID, ...(record.rtstruct?.ReferencedFrameOfReferenceUIDs ?? [])];
  return [...new Set(frames.filter((frame) => frame !== undefined && frame !== ''))] as string[];
}

const shareFrame = (a: HeaderRecord, b: HeaderRecord): boolean => {
  const frames = new Set(framesOf(a));
  return framesOf(b).some((frame) => frames.has(frame));
};

/**
 * Links the objects of one patient. `isElsewhere` tells whether a UID belongs to another patient: such a reference is
 * reported and not followed.
 */
export function linkPatient(
  root: string,
  objects: PatientObjects,
  isElsewhere: (uid: string) => boolean,
): PatientLinks {
  return new Linker(root, objects, isElsewhere).run();
}

class Linker {
  readonly #links: Link[] = [];
  readonly #structuresOfPlan = new Map<string, HeaderRecord>();
  readonly #plansOfDose = new Map<string, HeaderRecord[]>();
  readonly #structuresOfDose = new Map<string, HeaderRecord>();
  readonly #imageOfStructures = new Map<string, ImageSeries>();
  readonly #plansOfRecord = new Map<string, HeaderRecord[]>();
  readonly #seriesOfRegistration = new Map<string, ImageSeries[]>();
  readonly #findings = new Map<string, Finding[]>();

  constructor(
    private readonly root: string,
    private readonly objects: PatientObjects,
    private readonly isElsewhere: (uid: string) => boolean,
  ) {}

  run(): PatientLinks {
    for (const structures of this.objects.structures) this.#linkStructures(structures);
    for (const plan of this.objects.plans) this.#linkPlan(plan);
    for (const dose of this.objects.doses) this.#linkDose(dose);
    for (const record of this.objects.records) this.#linkRecord(record);
    for (const registration of this.objects.registrations) this.#linkRegistration(registration);
    return {
      links: this.#links,
      structuresOfPlan: this.#structuresOfPlan,
      plansOfDose: this.#plansOfDose,
      structuresOfDose: this.#structuresOfDose,
      imageOfStructures: this.#imageOfStructures,
      plansOfRecord: this.#plansOfRecord,
      seriesOfRegistration: this.#seriesOfRegistration,
      findings: this.#findings,
    };
  }

  #link(from: string, to: string, kind: Link['kind'], rule: string, reason: string): void {
    this.#links.push({ from, to, kind, rule, reason });
  }

  #find(
    about: HeaderRecord,
    code: string,
    severity: Severity,
    message: string,
    context: Finding['context'] = {},
  ): void {
    const finding = {
      code,
      severity,
      message,
      context: { SOPInstanceUID: uidOf(about), file: relativeInput(this.root, about.path), ...context },
    };
    const list = this.#findings.get(uidOf(about));
    if (list) list.push(finding);
    else this.#findings.set(uidOf(about), [finding]);
  }

  /** Reports references that lead nowhere; answers whether there were any. */
  #dangling(about: HeaderRecord, what: string, missing: readonly string[]): boolean {
    const elsewhere = missing.filter((uid) => this.isElsewhere(uid));
    const gone = missing.filter((uid) => !this.isElsewhere(uid));
    const [foreign] = elsewhere;
    if (foreign !== undefined) {
      const message = `${what} lead to an object of another PatientID, which is never used`;
      this.#find(about, 'link.other_patient', 'fail', message, { referenced: foreign, count: elsewhere.length });
    }
    const [first] = gone;
    if (first !== undefined) {
      const message = `${what} lead to ${gone.length} object(s) that are not among the files`;
      this.#find(about, 'link.dangling_reference', 'warn', message, { referenced: first, count: gone.length });
    }
    return missing.length > 0;
  }

  #resolve(about: HeaderRecord, what: string, uids: readonly string[], among: readonly HeaderRecord[]) {
    const byUid = new Map(among.map((record) => [uidOf(record), record]));
    const wanted = [...new Set(uids)];
    const found = wanted.map((uid) => byUid.get(uid)).filter((record) => record !== undefined);
    const dangling = this.#dangling(
      about,
      what,
      wanted.filter((uid) => !byUid.has(uid)),
    );
    return { found, dangling };
  }

  // ---- structure set -> images

  #linkStructures(structures: HeaderRecord): void {
    const content = structures.rtstruct;
    const wantedSeries = content?.ReferencedSeriesUIDs ?? [];
    const bySeries = this.objects.series.filter(({ SeriesInstanceUID }) => wantedSeries.includes(SeriesInstanceUID));
    const images = new Set(content?.ReferencedSOPInstanceUIDs ?? []);
    if (bySeries.length > 0) {
      const [image] = [...bySeries].sort(largestFirst) as [ImageSeries];
      const among = bySeries.length > 1 ? `, the one of ${bySeries.length} with most slices` : '';
      this.#useImage(structures, image, 'ReferencedSeriesSequence', `The structure set refers to this series${among}`);
      this.#dangling(
        structures,
        'References to image series',
        missingFrom(
          wantedSeries,
          bySeries.map((one) => one.SeriesInstanceUID),
        ),
      );
      this.#reportMissingImages(structures, image, images);
      return;
    }
    const holding = this.objects.series
      .map((series) => ({ series, hits: series.headers.filter((header) => images.has(uidOf(header))).length }))
      .filter(({ hits }) => hits > 0)
      .sort((a, b) => b.hits - a.hits || largestFirst(a.series, b.series));
    const [most] = holding;
    if (most) {
      this.#useImage(
        structures,
        most.series,
        'ReferencedSOPInstanceUID',
        `Contours refer to ${most.hits} image(s) of this series`,
      );
      this.#reportMissingImages(structures, most.series, images);
      return;
    }
    if (wantedSeries.length > 0 || images.size > 0) {
      const wanted = wantedSeries.length > 0 ? wantedSeries : [...images];
      this.#dangling(structures, 'References to images', wanted);
      this.#onlyCtOfFrame(structures);
      return;
    }
    this.#imageByFrame(structures);
  }

  /**
   * When the images that were drawn on are not there: the CT of the study in the same coordinates, if it is the only one.
   * Archives that replace identifiers often keep the study and the frame but not the images' own UIDs in structure sets.
   */
  #onlyCtOfFrame(structures: HeaderRecord): void {
    const cts = this.#studyImagesInFrame(structures).filter(({ Modality }) => Modality === 'CT');
    const [ct] = cts;
    if (!ct || cts.length > 1) {
      const message = 'The images that the structures were drawn on are not there; no other is taken';
      this.#find(structures, 'link.no_image', 'warn', message);
      return;
    }
    const reason =
      'The images that the structures were drawn on are not there; the only CT of the study in this frame of reference is taken';
    this.#useImage(structures, ct, 'FrameOfReferenceUID', reason);
    this.#find(structures, 'link.by_frame_of_reference', 'warn', reason, { SeriesInstanceUID: ct.SeriesInstanceUID });
  }

  /** The largest first. */
  #studyImagesInFrame(structures: HeaderRecord): ImageSeries[] {
    const frames = new Set(framesOf(structures));
    return this.objects.series
      .filter(({ FrameOfReferenceUID }) => frames.has(FrameOfReferenceUID))
      .filter(({ StudyInstanceUID }) => StudyInstanceUID === structures.StudyInstanceUID)
      .sort(largestFirst);
  }

  #imageByFrame(structures: HeaderRecord): void {
    const inFrame = this.#studyImagesInFrame(structures);
    const [image] = inFrame;
    if (!image) {
      this.#find(
        structures,
        'link.no_image',
        'warn',
        'The structure set refers to no images and none of its study has its frame of reference',
      );
      return;
    }
    const reason = `No image is referred to; the largest series of the study in this frame of reference (of ${inFrame.length})`;
    this.#useImage(structures, image, 'FrameOfReferenceUID', reason);
    this.#find(structures, 'link.by_frame_of_reference', 'info', reason, {
      SeriesInstanceUID: image.SeriesInstanceUID,
    });
  }

  #useImage(structures: HeaderRecord, image: ImageSeries, rule: string, reason: string): void {
    this.#imageOfStructures.set(uidOf(structures), image);
    this.#link(uidOf(structures), image.SeriesInstanceUID, 'structures-images', rule, reason);
  }

  #reportMissingImages(structures: HeaderRecord, image: ImageSeries, wanted: ReadonlySet<string>): void {
    const have = new Set(image.headers.map(uidOf));
    const missing = [...wanted].filter((uid) => !have.has(uid));
    if (missing.length === 0) return;
    const message = `Contours refer to ${missing.length} image(s) that the series does not have`;
    this.#find(structures, 'link.missing_slices', 'warn', message, { count: missing.length, of: wanted.size });
  }

  // ---- plan -> structure set

  #linkPlan(plan: HeaderRecord): void {
    const wanted = plan.rtplan?.ReferencedStructureSetUIDs ?? [];
    const { found } = this.#resolve(plan, 'References to structure sets', wanted, this.objects.structures);
    const [structures] = found;
    if (structures) {
      this.#structuresOfPlan.set(uidOf(plan), structures);
      for (const one of found) {
        this.#link(
          uidOf(plan),
          uidOf(one),
          'plan-structures',
          'ReferencedStructureSetSequence',
          'The plan refers to this structure set',
        );
      }
      return;
    }
    const candidates = this.objects.structures.filter((one) => this.#samePlace(plan, one)).sort(newestFirst);
    const [newest] = candidates;
    if (!newest) {
      this.#find(plan, 'link.orphan_plan', 'warn', 'The plan has no structure set');
      return;
    }
    const among = candidates.length > 1 ? `, the newest of ${candidates.length}` : '';
    const reason = `The plan's own reference leads nowhere; a structure set in its frame of reference${among}`;
    this.#structuresOfPlan.set(uidOf(plan), newest);
    this.#link(uidOf(plan), uidOf(newest), 'plan-structures', 'FrameOfReferenceUID', reason);
    this.#find(plan, 'link.by_frame_of_reference', wanted.length > 0 ? 'warn' : 'info', reason, {
      structures: uidOf(newest),
    });
  }

  /** A plan often has no frame of its own; then the doses that name it speak for it. */
  #samePlace(plan: HeaderRecord, structures: HeaderRecord): boolean {
    if (framesOf(plan).length > 0) return shareFrame(plan, structures);
    return this.objects.doses.some(
      (dose) => dose.rtdose?.ReferencedRTPlanUIDs.includes(uidOf(plan)) && shareFrame(dose, structures),
    );
  }

  // ---- dose -> plans, structure set

  #linkDose(dose: HeaderRecord): void {
    const wanted = dose.rtdose?.ReferencedRTPlanUIDs ?? [];
    const { found, dangling } = this.#resolve(dose, 'References to plans', wanted, this.objects.plans);
    for (const plan of found) {
      this.#link(uidOf(dose), uidOf(plan), 'dose-plan', 'ReferencedRTPlanSequence', 'The dose refers to this plan');
    }
    if (found.length > 0) this.#plansOfDose.set(uidOf(dose), found);
    const structures = this.#structuresOf(dose, found);
    if (structures) this.#structuresOfDose.set(uidOf(dose), structures);
    if (found.length > 0 || this.#planWithoutReference(dose, structures, dangling)) return;
    const why = dangling
      ? 'The plan of this dose is not there'
      : 'The dose refers to no plan and none is the only one that fits';
    this.#find(dose, 'link.orphan_dose', 'warn', `${why}; it is evaluated without one`);
  }

  #structuresOf(dose: HeaderRecord, plans: readonly HeaderRecord[]): HeaderRecord | undefined {
    const wanted = dose.rtdose?.ReferencedStructureSetUIDs ?? [];
    const { found } = this.#resolve(dose, 'References to structure sets', wanted, this.objects.structures);
    const [named] = found;
    if (named) {
      this.#link(
        uidOf(dose),
        uidOf(named),
        'dose-structures',
        'ReferencedStructureSetSequence',
        'The dose refers to this structure set',
      );
      return named;
    }
    for (const plan of plans) {
      const planned = this.#structuresOfPlan.get(uidOf(plan));
      if (planned) return planned;
    }
    if (plans.length > 0) return undefined;
    const candidates = this.objects.structures.filter((one) => shareFrame(dose, one)).sort(newestFirst);
    const [newest] = candidates;
    if (!newest) return undefined;
    const among = candidates.length > 1 ? `, the newest of ${candidates.length}` : '';
    const reason = `A structure set in the dose's frame of reference${among}`;
    this.#link(uidOf(dose), uidOf(newest), 'dose-structures', 'FrameOfReferenceUID', reason);
    this.#find(dose, 'link.by_frame_of_reference', candidates.length > 1 ? 'warn' : 'info', reason, {
      structures: uidOf(newest),
    });
    return newest;
  }

  /** A dose without any plan reference is tied to a plan only when exactly one fits. One whose plan is missing is not. */
  #planWithoutReference(dose: HeaderRecord, structures: HeaderRecord | undefined, dangling: boolean): boolean {
    if (dangling) return false;
    const named = new Set(dose.rtdose?.ReferencedStructureSetUIDs ?? []);
    const rules: Array<[string, string, (plan: HeaderRecord) => boolean]> = [
      [
        'ReferencedStructureSetSequence',
        'The only plan on the structure set that the dose refers to',
        (plan) =>
          structures !== undefined &&
          named.has(uidOf(structures)) &&
          this.#structuresOfPlan.get(uidOf(plan)) === structures,
      ],
      [
        'FrameOfReferenceUID',
        "The only plan in the dose's frame of reference",
        (plan) => {
          const planned = this.#structuresOfPlan.get(uidOf(plan));
          return shareFrame(dose, plan) || (planned !== undefined && shareFrame(dose, planned));
        },
      ],
    ];
    for (const [rule, reason, fits] of rules) {
      const [plan, ...more] = this.objects.plans.filter(fits);
      if (!plan || more.length > 0) continue;
      this.#plansOfDose.set(uidOf(dose), [plan]);
      this.#link(uidOf(dose), uidOf(plan), 'dose-plan', rule, reason);
      this.#find(dose, 'link.dose_without_reference', 'warn', `The dose refers to no plan. ${reason} is taken`, {
        plan: uidOf(plan),
      });
      return true;
    }
    return false;
  }

  // ---- treatment records, registrations

  #linkRecord(record: HeaderRecord): void {
    const wanted = record.rtrecord?.ReferencedRTPlanUIDs ?? [];
    const { found } = this.#resolve(record, 'References to plans', wanted, this.objects.plans);
    for (const plan of found) {
      this.#link(uidOf(record), uidOf(plan), 'record-plan', 'ReferencedRTPlanSequence', 'The record is of this plan');
    }
    if (found.length > 0) this.#plansOfRecord.set(uidOf(record), found);
    else this.#find(record, 'link.orphan_record', 'warn', 'The plan of this treatment record is not there');
  }

  #linkRegistration(registration: HeaderRecord): void {
    const { FrameOfReferenceUIDs = [], ReferencedSeriesUIDs = [] } = registration.reg ?? {};
    const own = registration.FrameOfReferenceUID;
    const frames = new Set([...FrameOfReferenceUIDs, ...(own ? [own] : [])]);
    const named = new Set(ReferencedSeriesUIDs);
    const registered: ImageSeries[] = [];
    for (const series of this.objects.series) {
      const byName = named.has(series.SeriesInstanceUID);
      if (!byName && !frames.has(series.FrameOfReferenceUID)) continue;
      registered.push(series);
      const rule = byName ? 'ReferencedSeriesSequence' : 'FrameOfReferenceUID';
      const reason = byName
        ? 'The registration names this series'
        : "The registration is of this series' frame of reference";
      this.#link(uidOf(registration), series.SeriesInstanceUID, 'registration', rule, reason);
    }
    const present = this.objects.series.map((series) => series.SeriesInstanceUID);
    this.#dangling(registration, 'References to registered series', missingFrom(ReferencedSeriesUIDs, present));
    this.#seriesOfRegistration.set(uidOf(registration), registered);
    if (registered.length === 0) {
      this.#find(registration, 'link.orphan_registration', 'warn', 'None of the registered images are there');
    }
  }
}

function missingFrom(wanted: readonly string[], have: readonly string[]): string[] {
  const present = new Set(have);
  return [...new Set(wanted)].filter((uid) => !present.has(uid)).sort(compareText);
}
