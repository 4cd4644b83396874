"""The formats that a snapshot can be written in."""

from menagerie.datasets.formats import (
    classfolders,
    coco,
    imagefolder,
    jsonl,
    openimages,
    parquet,
    webdataset,
    yolo,
)
from menagerie.datasets.writing import Format

_ALL = (
    Format(
        name="jsonl",
        title="JSON lines and CSV",
        about="Every record whole, and tables of images, labels, boxes and verdicts.",
        loses="",
        loading=(
            "import pandas\n\n"
            'labels = pandas.read_csv("FOLDER/labels.csv")\n'
            'records = pandas.read_json("FOLDER/records.jsonl", lines=True)'
        ),
        write=jsonl.write,
    ),
    Format(
        name="imagefolder",
        title="Hugging Face ImageFolder",
        about="Pictures and a metadata file for each split; what the Hub shows and loads.",
        loses="undecided labels, raw verdicts, shapes but boxes and polygons",
        loading='from datasets import load_dataset\n\ndataset = load_dataset("FOLDER")',
        write=imagefolder.write,
    ),
    Format(
        name="parquet",
        title="Parquet",
        about="Tables with the pictures inside, for the Hub, polars, duckdb and Spark.",
        loses="undecided labels, raw verdicts, shapes but boxes and polygons",
        loading='from datasets import load_dataset\n\ndataset = load_dataset("FOLDER")',
        write=parquet.write,
        needs="pyarrow",
    ),
    Format(
        name="webdataset",
        title="WebDataset",
        about="Tar files to stream from, with the whole record beside each picture.",
        loses="raw verdicts",
        loading=(
            "from glob import glob\n\nimport webdataset\n\n"
            'shards = sorted(glob("FOLDER/train-*.tar"))\n'
            'dataset = webdataset.WebDataset(shards, shardshuffle=False).decode("pil")'
        ),
        write=webdataset.write,
    ),
    Format(
        name="coco",
        title="COCO",
        about="Boxes and polygons in one JSON file for each split.",
        loses="labels and tags of whole images, except in keys of our own",
        loading=(
            "from pycocotools.coco import COCO\n\n"
            'coco = COCO("FOLDER/annotations/instances_train.json")'
        ),
        write=coco.write,
    ),
    Format(
        name="yolo",
        title="YOLO",
        about="A text file of boxes, or of polygons, for each picture, and a data.yaml.",
        loses="labels and tags of whole images, negative labels; polygons when boxes are asked for",
        loading=(
            "from supervision import DetectionDataset\n\n"
            "dataset = DetectionDataset.from_yolo(\n"
            '    images_directory_path="FOLDER/images/train",\n'
            '    annotations_directory_path="FOLDER/labels/train",\n'
            '    data_yaml_path="FOLDER/data.yaml",\n)'
        ),
        write=yolo.write,
    ),
    Format(
        name="classfolders",
        title="Class folders",
        about="A folder for each class, for torchvision, Keras and YOLO classifiers.",
        loses="images without a class or with several, objects, tags, negative labels",
        loading=(
            'from torchvision.datasets import ImageFolder\n\ndataset = ImageFolder("FOLDER/train")'
        ),
        write=classfolders.write,
        is_one_class=True,
    ),
    Format(
        name="openimages",
        title="Open Images",
        about="CSV files of labels present and absent, and of boxes; all pictures as JPEG.",
        loses="undecided labels, tags, polygons",
        loading=(
            "import pandas\n\n"
            'labels = pandas.read_csv("FOLDER/labels/classifications.csv")\n'
            'boxes = pandas.read_csv("FOLDER/labels/detections.csv")'
        ),
        write=openimages.write,
    ),
)

FORMATS: dict[str, Format] = {one.name: one for one in _ALL}
