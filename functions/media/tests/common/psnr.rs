/// Peak signal-to-noise ratio in dB.
pub(crate) fn psnr(left: &[u8], right: &[u8]) -> f64 {
    assert_eq!(left.len(), right.len());
    let squares = left.iter().zip(right).map(|(l, r)| f64::from(l.abs_diff(*r)).powi(2)).sum::<f64>();
    10.0 * (255.0 * 255.0 * f64::from(u32::try_from(left.len()).unwrap()) / squares.max(1e-9)).log10()
}
