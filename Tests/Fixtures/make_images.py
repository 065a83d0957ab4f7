"""Writes images.json: image files as PIL writes them, what PIL reads from them, and what its resize makes of an image.

    python Tests/Fixtures/make_images.py        (needs pillow and numpy; made with pillow 13)

Files are in base64, samples row by row as PIL has them.
"""
import base64
import io
import json
import pathlib

import numpy
from PIL import Image

numpy.random.seed(5)


def smooth(height, width, channels):
    """A picture that JPEG keeps well, with some noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [127 + 90 * numpy.sin(x / (3 + c) + c) * numpy.cos(y / (4 - c / 2)) for c in range(channels)]
    noisy = numpy.stack(planes, -1) + numpy.random.uniform(-8, 8, (height, width, channels))
    return noisy.clip(0, 255).astype(numpy.uint8)


def picture(height, width, mode):
    channels = len(Image.new(mode, (1, 1)).getbands())
    return Image.fromarray(smooth(height, width, channels).squeeze(), mode)


def content(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def samples(image):
    return numpy.asarray(image).flatten().tolist()


files = []


def add(name, data, mode, tolerance=0):
    """A file, and what PIL reads from it in a mode."""
    image = Image.open(io.BytesIO(data))
    image = image.convert(mode) if image.mode != mode else image
    files.append({
        "name": name, "content": base64.b64encode(data).decode(), "height": image.height, "width": image.width,
        "channels": len(image.getbands()), "samples": samples(image), "tolerance": tolerance,
    })


colour, grey, alpha = picture(9, 7, "RGB"), picture(6, 8, "L"), picture(5, 6, "RGBA")
add("png colours", content(colour, "PNG"), "RGB")
add("png grey", content(grey, "PNG"), "L")
add("png alpha", content(alpha, "PNG"), "RGBA")
add("png grey alpha", content(alpha.convert("LA"), "PNG"), "RGBA")
add("png palette", content(colour.quantize(13), "PNG"), "RGB")
palette = colour.quantize(5)
add("png transparent palette", content(palette, "PNG", transparency=bytes([0, 128, 255, 255, 64])), "RGBA")
add("png one bit", content(grey.convert("1"), "PNG"), "L")
wide = (numpy.asarray(grey).astype(numpy.uint16) * 257)
files.append({
    "name": "png sixteen bits", "content": base64.b64encode(content(Image.fromarray(wide), "PNG")).decode(),
    "height": 6, "width": 8, "channels": 1, "samples": samples(grey), "tolerance": 0,
})
large, large_grey = picture(19, 35, "RGB"), picture(17, 9, "L")
add("jpeg", content(large, "JPEG", quality=90), "RGB", 1)
add("jpeg without subsampling", content(large, "JPEG", quality=85, subsampling=0), "RGB", 1)
add("jpeg progressive", content(large, "JPEG", quality=85, progressive=True), "RGB", 1)
add("jpeg grey", content(large_grey, "JPEG", quality=85), "L", 1)
add("jpeg restarts", content(large, "JPEG", quality=80, restart_marker_blocks=2), "RGB", 1)
add("jpeg inks", content(picture(16, 24, "CMYK"), "JPEG", quality=90), "RGB", 1)

resizes = []
sources = {"colour": picture(23, 17, "RGB"), "grey": picture(16, 12, "L"), "noise": Image.fromarray(
    numpy.random.randint(0, 256, (13, 20, 3), numpy.uint8))}
for source, image in sources.items():
    for height, width in [(8, 6), (26, 19), (7, 30), (1, 1), (16, 12), (11, 20)]:
        for name, filter in [("area", Image.Resampling.BOX), ("bilinear", Image.Resampling.BILINEAR)]:
            resizes.append({
                "image": source, "filter": name, "height": height, "width": width,
                "samples": samples(image.resize((width, height), filter)),
            })

conversions = {"grey": samples(sources["noise"].convert("L")), "colours": samples(sources["grey"].convert("RGB"))}

path = pathlib.Path(__file__).with_name("images.json")
path.write_text(json.dumps({
    "files": files,
    "images": {name: {"height": image.height, "width": image.width, "channels": len(image.getbands()),
                      "samples": samples(image)} for name, image in sources.items()},
    "resizes": resizes, "conversions": conversions,
}, separators=(",", ":")) + "\n")
print(path.stat().st_size, "bytes")
