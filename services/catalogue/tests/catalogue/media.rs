//! Pictures: their sizes, their names, and what is refused.

use crate::common::{encoded, picture, png, shop};
use bytes::Bytes;
use catalogue::media::{MediaError, Rendition};
use image::{DynamicImage, GenericImageView, ImageFormat, Rgba, RgbaImage};

async fn load(shop: &crate::common::Shop, rendition: &Rendition, ending: &str) -> DynamicImage {
    let name = rendition.base.strip_prefix("/media/").unwrap();
    let file = shop.media.file(&format!("{name}-{ending}")).await.unwrap().unwrap();
    image::load_from_memory(&file.bytes).unwrap()
}

#[tokio::test]
async fn a_picture_comes_in_every_size_up_to_its_own() {
    let shop = shop().await;
    let add = async |name: &str, width, height| {
        shop.media.add(name, png(width, height, 7).into()).await.unwrap()
    };
    let large = add("Red Chair.png", 2000, 1500).await;
    assert_eq!(large.widths, [320, 480, 640, 1024, 1600]);
    assert_eq!((large.width, large.height), (1600, 1200));
    assert!(large.base.ends_with("/red-chair"), "{}", large.base);
    for ending in ["320.webp", "480.webp", "640.jpg", "1600.webp"] {
        let found = load(&shop, &large, ending).await;
        let width: u32 = ending.split('.').next().unwrap().parse().unwrap();
        assert_eq!(found.dimensions(), (width, width * 3 / 4));
    }
    assert_eq!(add("a.png", 1067, 1600).await.widths, [320, 480, 640, 1024]);
    assert_eq!(add("a.png", 900, 600).await.widths, [320, 480, 640, 900]);
    assert_eq!(add("a.png", 200, 100).await.widths, [200]);
}

#[tokio::test]
async fn a_picture_with_a_long_name_can_be_seen() {
    let shop = shop().await;
    for name in [format!("{}.png", "long ".repeat(40)), "x".repeat(250)] {
        let rendition = shop.media.add(&name, png(320, 240, 7).into()).await.unwrap();
        assert_eq!(load(&shop, &rendition, "320.webp").await.dimensions(), (320, 240));
    }
}

#[tokio::test]
async fn a_placeholder_is_small_enough_to_stand_in_the_page() {
    let shop = shop().await;
    let noise = |x: u32, y: u32| {
        let hash = x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519);
        let hash = (hash ^ (hash >> 15)).wrapping_mul(2_654_435_761);
        image::Rgb([hash as u8, (hash >> 8) as u8, (hash >> 16) as u8])
    };
    let noisy = DynamicImage::ImageRgb8(image::RgbImage::from_fn(640, 640, noise));
    for bytes in [png(1200, 800, 3), encoded(&noisy, ImageFormat::Png)] {
        let placeholder = shop.media.add("a.png", bytes.into()).await.unwrap().placeholder;
        assert!(placeholder.starts_with("data:image/webp;base64,"));
        assert!(placeholder.len() <= 200, "{} characters", placeholder.len());
    }
}

#[tokio::test]
async fn a_picture_that_is_there_is_not_made_again() {
    let shop = shop().await;
    let original = Bytes::from(png(400, 300, 7));
    let first = shop.media.add("chair.png", original.clone()).await.unwrap();
    let name = format!("{}-320.webp", first.base.strip_prefix("/media/").unwrap());
    let file = shop.stored.path().join(&name);
    let written = std::fs::metadata(&file).unwrap().modified().unwrap();
    let second = shop.media.add("chair.png", original).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), written);
    let other = shop.media.add("chair.png", png(400, 300, 8).into()).await.unwrap();
    assert_ne!(other.base, first.base, "another picture has another address");
}

#[tokio::test]
async fn a_visitor_reaches_finished_sizes_only() {
    let shop = shop().await;
    let rendition = shop.media.add("chair.png", png(400, 300, 7).into()).await.unwrap();
    let name = rendition.base.strip_prefix("/media/").unwrap();
    let file = shop.media.file(&format!("{name}-320.jpg")).await.unwrap().unwrap();
    assert_eq!(file.content_type, "image/jpeg");
    let original = std::fs::read_dir(shop.stored.path().join("originals")).unwrap().next();
    let original = original.unwrap().unwrap().file_name().into_string().unwrap();
    for hidden in [
        format!("originals/{original}"),
        format!("renditions/{name}.json"),
        format!("{name}-999.jpg"),
        "../Cargo.toml".to_owned(),
    ] {
        assert!(shop.media.file(&hidden).await.unwrap().is_none(), "{hidden}");
    }
}

/// A JPEG whose camera was held upright: EXIF orientation 6, to be turned right by 90°.
fn upright() -> Vec<u8> {
    let jpeg = encoded(&picture(400, 200, 9), ImageFormat::Jpeg);
    let tiff: &[u8] = &[
        b'M', b'M', 0, 42, 0, 0, 0, 8, // big-endian, the directory follows
        0, 1, // with one entry:
        0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, // Orientation, one short, 6
        0, 0, 0, 0, // and no other directory
    ];
    let segment = [b"Exif\0\0", tiff].concat();
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &segment, &jpeg[2..]].concat()
}

#[tokio::test]
async fn a_photograph_stands_as_the_camera_was_held() {
    let shop = shop().await;
    let rendition = shop.media.add("upright.jpg", upright().into()).await.unwrap();
    assert_eq!((rendition.width, rendition.height), (200, 400));
    assert_eq!(load(&shop, &rendition, "200.webp").await.dimensions(), (200, 400));
}

#[tokio::test]
async fn what_shines_through_is_white_in_a_jpeg_and_stays_clear_in_webp() {
    let shop = shop().await;
    let clear = RgbaImage::from_pixel(320, 320, Rgba([200, 0, 0, 0]));
    let png = encoded(&DynamicImage::ImageRgba8(clear), ImageFormat::Png);
    let rendition = shop.media.add("clear.png", png.into()).await.unwrap();
    let jpeg = load(&shop, &rendition, "320.jpg").await.get_pixel(160, 160);
    assert!(jpeg.0[..3].iter().all(|channel| *channel > 250), "{jpeg:?}");
    assert_eq!(load(&shop, &rendition, "320.webp").await.get_pixel(160, 160).0[3], 0);
}

/// A PNG of a few dozen bytes that claims to be so large.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&picture(1, 1, 0), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = png[12..29].iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    });
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[tokio::test]
async fn a_picture_too_large_to_decode_is_refused_before_it_is_decoded() {
    let shop = shop().await;
    for (width, height) in [(50_000, 50_000), (12_001, 1), (11_999, 11_999)] {
        let refused = shop.media.add("bomb.png", bomb(width, height).into()).await;
        let refused = refused.unwrap_err();
        assert!(matches!(refused, MediaError::TooManyPixels(_)), "{width}x{height}: {refused}");
    }
    let huge = vec![0_u8; catalogue::media::MAX_ORIGINAL_BYTES + 1];
    let refused = shop.media.add("huge.png", huge.into()).await.unwrap_err();
    assert!(matches!(refused, MediaError::FileTooLarge { .. }), "{refused}");
}

#[tokio::test]
async fn what_is_no_picture_is_refused() {
    let shop = shop().await;
    let half = &png(100, 100, 1)[..200];
    for bytes in [b"words".as_slice(), b"", b"<svg xmlns='x'/>", half] {
        let refused = shop.media.add("a.png", Bytes::copy_from_slice(bytes)).await.unwrap_err();
        assert!(matches!(refused, MediaError::Unreadable(_)), "{refused}");
    }
}
