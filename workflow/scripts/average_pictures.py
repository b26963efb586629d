"""Average the pictures of each class after each step of making them, and draw that."""

from winnow.job import job

with job(snakemake) as log:
    from winnow.figures.pictures import average_pictures as draw
    from winnow.figures.style import Looks, save
    from winnow.statistics.average_pictures import average_pictures
    from winnow.study.keys.images import images
    from winnow.tables import write_parquet

    output, params = snakemake.output, snakemake.params
    keys = images(params.images)
    table = average_pictures(snakemake.input.events, keys, params.steps, params.classes)
    looks = Looks(**params.looks)
    figure = draw(table, params.images["extent"], "", params.label, looks)
    save(figure, output.png, output.pdf)
    write_parquet(table, output.table)
