/** What a structure is, as a code of SNOMED CT (PS3.16 CID 7150 ff.): for the segments of DICOM Segmentations. */

import type { DicomCode } from '../native/dicom-types.js';

/** The first row whose words are all in the name; both sides of the body have one code. */
const CODES: readonly (readonly [words: string, value: string, meaning: string])[] = [
  ['optic nerve', '18234004', 'Optic nerve'],
  ['opticnrv', '18234004', 'Optic nerve'],
  ['chiasm', '244453006', 'Optic chiasm'],
  ['spinal cord', '2748008', 'Spinal cord'],
  ['spinalcord', '2748008', 'Spinal cord'],
  ['brain stem', '119238007', 'Brain stem'],
  ['brainstem', '119238007', 'Brain stem'],
  ['brain', '12738006', 'Brain'],
  ['small bowel', '30315005', 'Small intestine'],
  ['small intestine', '30315005', 'Small intestine'],
  ['duodenum', '38848004', 'Duodenum'],
  ['colon', '71854001', 'Colon'],
  ['rectum', '34402009', 'Rectum'],
  ['bladder gall', '28231008', 'Gallbladder'],
  ['gallbladder', '28231008', 'Gallbladder'],
  ['bladder', '89837001', 'Bladder'],
  ['prostate', '41216001', 'Prostate'],
  ['uterus', '35039007', 'Uterus'],
  ['heart', '80891009', 'Heart'],
  ['aorta', '15825003', 'Aorta'],
  ['vena cava inferior', '64131007', 'Inferior vena cava'],
  ['lung', '39607008', 'Lung'],
  ['trachea', '44567001', 'Trachea'],
  ['esophagus', '32849002', 'Esophagus'],
  ['larynx', '4596009', 'Larynx'],
  ['pharynx', '54066008', 'Pharynx'],
  ['thyroid', '69748006', 'Thyroid'],
  ['parotid', '45289007', 'Parotid gland'],
  ['submandibular', '54019009', 'Submandibular gland'],
  ['mandible', '91609006', 'Mandible'],
  ['adrenal', '23451007', 'Adrenal gland'],
  ['kidney', '64033007', 'Kidney'],
  ['liver', '10200004', 'Liver'],
  ['spleen', '78961009', 'Spleen'],
  ['stomach', '69695003', 'Stomach'],
  ['pancreas', '15776009', 'Pancreas'],
  ['breast', '76752008', 'Breast'],
  ['lens', '78076003', 'Lens'],
  ['eye', '81745001', 'Eye'],
  ['femur', '71341001', 'Femur'],
  ['humerus', '85050009', 'Humerus'],
  ['hip', '29836001', 'Hip'],
  ['sacrum', '54735007', 'Sacrum'],
  ['sternum', '56873002', 'Sternum'],
  ['clavicle', '51299004', 'Clavicle'],
  ['clavicula', '51299004', 'Clavicle'],
  ['scapula', '79601000', 'Scapula'],
  ['rib', '113197003', 'Rib'],
  ['vertebra', '51282000', 'Vertebra'],
  ['vertebrae', '51282000', 'Vertebra'],
  ['skin', '39937001', 'Skin'],
  ['body', '38266002', 'Entire body'],
  ['external', '38266002', 'Entire body'],
];

const TISSUE: DicomCode = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

/** `Kidney_L`, `lung_upper_lobe_left`, `SpinalCord`: by the words of the name; Tissue where none is known. */
export function segmentCode(name: string): DicomCode {
  const words = new Set(
    name
      .toLowerCase()
      .split(/[^a-z]+/)
      .filter((word) => word.length > 0),
  );
  const row = CODES.find(([wanted]) => wanted.split(' ').every((word) => words.has(word)));
  return row ? { value: row[1], scheme: 'SCT', meaning: row[2] } : TISSUE;
}
