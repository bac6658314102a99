//! From an original to its finished sizes: decoded within limits, turned as the camera says, made
//! smaller but never larger, written as WebP and JPEG. Runs on a blocking thread; knows no store.

use super::MediaError;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage,
    codecs::jpeg::JpegEncoder, imageops::FilterType, metadata::Orientation,
};
use std::io::Cursor;

/// The widths a page's `srcset` offers, in pixels.
const WIDTHS: [u32; 5] = [320, 480, 640, 1024, 1600];
/// libwebp's scale; at 78 a photograph shows no artefacts at twice a display's density.
const WEBP_QUALITY: f32 = 78.0;
const JPEG_QUALITY: u8 = 80;

/// The longest side that is decoded, in pixels.
const MAX_SIDE: u32 = 12_000;
/// The memory that decoding may take: 12 000 by 8 000 pixels of four bytes fit.
const MAX_DECODED_BYTES: u64 = 400 * 1024 * 1024;

/// A placeholder's `data:` URI stays within so many characters: it stands in every page.
const PLACEHOLDER_MAX: usize = 200;

/// All that is made of one original.
#[derive(Debug)]
pub(super) struct Encoded {
    /// Ascending by width; never empty.
    pub sizes: Vec<Size>,
    /// Width of the largest.
    pub width: u32,
    /// Height of the largest.
    pub height: u32,
    pub placeholder: String,
}

#[derive(Debug)]
pub(super) struct Size {
    pub width: u32,
    pub webp: Bytes,
    pub jpeg: Bytes,
}

pub(super) fn encode(original: &[u8]) -> Result<Encoded, MediaError> {
    let mut picture = decode(original)?;
    let mut sizes = Vec::new();
    let widths = widths(picture.width());
    let (width, height) = size_at(&picture, widths.last().copied().unwrap_or(1));
    // Each size is made of the next larger one: a fraction of the work, and no difference to see.
    for wanted in widths.into_iter().rev() {
        picture = resized(picture, wanted);
        let (webp, jpeg) = (webp(&picture, WEBP_QUALITY)?, jpeg(&picture)?);
        sizes.push(Size { width: wanted, webp, jpeg });
    }
    sizes.reverse();
    Ok(Encoded { sizes, width, height, placeholder: placeholder(&picture)? })
}

/// The steps up to the original's width, and that width itself where it lies well (a fifth) above
/// the last step or below the first.
fn widths(original: u32) -> Vec<u32> {
    let mut widths: Vec<u32> = WIDTHS.into_iter().filter(|width| *width <= original).collect();
    let largest = widths.last().copied().unwrap_or(0);
    if original < WIDTHS[WIDTHS.len() - 1] && original >= largest + largest.div_ceil(5) {
        widths.push(original);
    }
    widths
}

fn decode(original: &[u8]) -> Result<DynamicImage, MediaError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);

    let mut reader = ImageReader::new(Cursor::new(original))
        .with_guessed_format()
        .map_err(|error| MediaError::Unreadable(error.to_string()))?;
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    // A decoder counts only its own buffers: the finished pixels are counted here.
    limits.reserve(decoder.total_bytes()).map_err(unreadable)?;
    decoder.set_limits(limits).map_err(unreadable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(orientation);
    // Eight bits a channel, with transparency only where the original has it.
    Ok(match picture.color().has_alpha() {
        true => DynamicImage::ImageRgba8(picture.into_rgba8()),
        false => DynamicImage::ImageRgb8(picture.into_rgb8()),
    })
}

fn unreadable(error: ImageError) -> MediaError {
    match error {
        ImageError::Limits(limit) => MediaError::TooManyPixels(limit.to_string()),
        other => MediaError::Unreadable(other.to_string()),
    }
}

fn resized(picture: DynamicImage, width: u32) -> DynamicImage {
    if width == picture.width() {
        return picture;
    }
    let (width, height) = size_at(&picture, width);
    picture.resize_exact(width, height, FilterType::Lanczos3)
}

/// The size of a picture that is made so wide, at most as wide as it is.
fn size_at(picture: &DynamicImage, width: u32) -> (u32, u32) {
    let (full, height) = (u64::from(picture.width()), u64::from(picture.height()));
    // Rounded, so that no step squeezes by more than half a pixel; at most the height there was.
    (width, (((height * u64::from(width) + full / 2) / full) as u32).max(1))
}

fn webp(picture: &DynamicImage, quality: f32) -> Result<Bytes, MediaError> {
    let (pixels, width, height) = (picture.as_bytes(), picture.width(), picture.height());
    let encoder = match picture.color().has_alpha() {
        true => webp::Encoder::from_rgba(pixels, width, height),
        false => webp::Encoder::from_rgb(pixels, width, height),
    };
    let encoded = encoder
        .encode_simple(false, quality)
        .map_err(|error| MediaError::Encoding(format!("WebP: {error:?}")))?;
    Ok(Bytes::copy_from_slice(&encoded))
}

fn jpeg(picture: &DynamicImage) -> Result<Bytes, MediaError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY)
        .encode_image(&opaque(picture))
        .map_err(|error| MediaError::Encoding(format!("JPEG: {error}")))?;
    Ok(bytes.into())
}

/// JPEG knows no transparency: what shines through is white.
fn opaque(picture: &DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(pixels) = picture else { return picture.to_rgb8() };
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        let over_white = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        image::Rgb([red, green, blue].map(over_white))
    })
}

/// The picture in a handful of pixels, which a browser draws smoothly at full size.
fn placeholder(picture: &DynamicImage) -> Result<String, MediaError> {
    let small = DynamicImage::ImageRgb8(opaque(&picture.thumbnail(16, 16)));
    let mut uri = String::new();
    for quality in [30.0, 10.0, 0.0] {
        uri = format!("data:image/webp;base64,{}", STANDARD.encode(webp(&small, quality)?));
        if uri.len() <= PLACEHOLDER_MAX {
            return Ok(uri);
        }
    }
    // Noise does not compress: one colour for the whole picture does.
    let average = DynamicImage::ImageRgb8(opaque(&small.thumbnail_exact(1, 1)));
    if let Ok(bytes) = webp(&average, 0.0) {
        uri = format!("data:image/webp;base64,{}", STANDARD.encode(bytes));
    }
    Ok(uri)
}
